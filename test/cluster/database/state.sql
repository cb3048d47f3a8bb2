-- All that there is in the database shop.
SELECT GROUP_CONCAT(one ORDER BY one SEPARATOR ' ') FROM (
  SELECT CONCAT('table:', table_name, ':', table_type) one FROM information_schema.tables WHERE table_schema = 'shop'
  UNION SELECT CONCAT('trigger:', trigger_name) FROM information_schema.triggers WHERE trigger_schema = 'shop'
  UNION SELECT CONCAT('routine:', routine_name) FROM information_schema.routines WHERE routine_schema = 'shop'
  UNION SELECT CONCAT('event:', event_name) FROM information_schema.events WHERE event_schema = 'shop') everything;
CHECKSUM TABLE shop.orders, shop.customers;
SELECT COUNT(*) FROM shop.notes;
SELECT id, CAST(v AS DOUBLE) FROM shop.measures ORDER BY id;
/*M! SELECT id, CAST(v AS DOUBLE), row_start, row_end FROM shop.versions FOR SYSTEM_TIME ALL ORDER BY row_start */;
/*M! SELECT id, v FROM shop.numbered ORDER BY id */;
