-- What a dump has to bring back beside rows: views, triggers, routines, events; and text that looks like a part of a dump.
INSERT INTO customers (name) VALUES ('Ada'), ('Zoë 🦊'), ('it''s \\ "quoted"\n-- Current Database: `other`\n');
INSERT INTO orders (customer, note, picture, placed) VALUES
  (1, 'first', X'00FF0A0D275C22', '2026-01-31 23:59:59.999'), (2, '', NULL, NULL);
INSERT INTO orders (customer, note, picture)
  WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 150)
  SELECT 1 + (a.i MOD 3), REPEAT(SHA2(RAND(), 256), 2), UNHEX(SHA2(RAND(), 256)) FROM n a JOIN n b;
CREATE VIEW notes AS SELECT o.id, c.name, o.note FROM orders o JOIN customers c ON c.id = o.customer;
CREATE TRIGGER stamp BEFORE INSERT ON orders FOR EACH ROW SET NEW.placed = COALESCE(NEW.placed, '2000-01-01');
CREATE PROCEDURE count_orders() SELECT COUNT(*) FROM orders;
CREATE EVENT nothing ON SCHEDULE EVERY 1 DAY DO DELETE FROM orders WHERE id < 0;
CREATE TABLE other.things (id INT PRIMARY KEY, what TEXT);
INSERT INTO other.things VALUES (1, 'a thing');
-- What dumps lose: digits of FLOAT, the history of versioned tables, sequences that are defaults.
CREATE TABLE measures (id INT PRIMARY KEY, v FLOAT);
INSERT INTO measures VALUES (1, 1234567.8), (2, 16777217);
/*M! CREATE TABLE versions (id INT PRIMARY KEY, v FLOAT) WITH SYSTEM VERSIONING */;
/*M! INSERT INTO versions VALUES (1, 1234567.8) */;
/*M! UPDATE versions SET v = 1234567.9 */;
/*M! CREATE SEQUENCE numbers */;
/*M! CREATE TABLE numbered (id INT DEFAULT NEXTVAL(numbers) PRIMARY KEY, v INT) */;
/*M! INSERT INTO numbered (v) VALUES (1), (2) */;
