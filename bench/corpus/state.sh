#!/bin/sh
# Everything that there is on a server, a line each: definitions, and of rows a checksum of their exact values. Run as root of a database host.
set -eu
export LC_ALL=C.UTF-8
client=$(command -v mariadb || command -v mysql)
versioned="''"
[ "${client##*/}" = mysql ] || versioned="IF(t.table_type = 'SYSTEM VERSIONED', ' FOR SYSTEM_TIME ALL', '')"
sql() { "$client" --batch --skip-column-names --default-character-set=utf8mb4 "$@"; }
own="NOT IN ('information_schema', 'performance_schema', 'mysql', 'sys')"
full="CONCAT('\`', REPLACE(%s, '\`', '\`\`'), '\`.\`', REPLACE(%s, '\`', '\`\`'), '\`')"
# shellcheck disable=SC2059
name() { printf "$full" "$1" "$2"; }

sql --raw <<S | sql | sed -E 's/\t(utf8mb[34]|latin1)\t.*//; s/ AUTO_INCREMENT=[0-9]+//' | LC_ALL=C sort
SELECT CONCAT('SHOW CREATE ', CASE table_type WHEN 'VIEW' THEN 'VIEW ' WHEN 'SEQUENCE' THEN 'SEQUENCE ' ELSE 'TABLE ' END, $(name table_schema table_name), ';')
  FROM information_schema.tables WHERE table_schema $own;
SELECT CONCAT('SHOW CREATE ', routine_type, ' ', $(name routine_schema routine_name), ';') FROM information_schema.routines WHERE routine_schema $own;
SELECT CONCAT('SHOW CREATE EVENT ', $(name event_schema event_name), ';') FROM information_schema.events WHERE event_schema $own;
SELECT CONCAT('SHOW CREATE DATABASE \`', REPLACE(schema_name, '\`', '\`\`'), '\`;') FROM information_schema.schemata WHERE schema_name $own;
S
sql <<S
SELECT trigger_schema, trigger_name, event_manipulation, event_object_table, action_order, action_statement, action_timing, sql_mode, definer
  FROM information_schema.triggers WHERE trigger_schema $own ORDER BY 1, 4, 7, 3, 5;
S
# The next value of a sequence is the first that it has not reserved; a reservation does not outlive its server either.
sql --raw <<S | sql
SELECT CONCAT('SELECT ''', REPLACE(table_name, '''', ''''''), ''', next_not_cached_value, cycle_count FROM ', $(name table_schema table_name), ';')
  FROM information_schema.tables WHERE table_type = 'SEQUENCE';
S
# What a table counts on with, and every bit of every column of every row, whatever their order.
sql --raw <<S | sql
SET SESSION group_concat_max_len = 16777216;
SELECT CONCAT('SELECT ', QUOTE(c.table_schema), ', ', QUOTE(c.table_name), ', COUNT(*), SUM(CAST(CONV(LEFT(SHA2(CONCAT_WS(''|'', ',
  GROUP_CONCAT(CONCAT('COALESCE(HEX(', IF(c.data_type IN ('float', 'double'), 'CONCAT(CAST(', ''), '\`', REPLACE(c.column_name, '\`', '\`\`'), '\`',
    IF(c.data_type IN ('float', 'double'), ' AS DOUBLE))', ''), '), ''-'')') ORDER BY c.ordinal_position SEPARATOR ', '), IF($versioned <> '' AND
  SUM(COALESCE(c.generation_expression, '') = 'ROW START') = 0, ', row_start, row_end', ''), '), 256), 15), 16, 10) AS DECIMAL(65))) FROM ', $(name c.table_schema c.table_name), $versioned, ';')
  FROM information_schema.columns c JOIN information_schema.tables t ON t.table_schema = c.table_schema AND t.table_name = c.table_name
  WHERE t.table_type IN ('BASE TABLE', 'SYSTEM VERSIONED') AND c.table_schema $own GROUP BY c.table_schema, c.table_name, t.table_type ORDER BY 1;
S
# Where MySQL indexes an expression, its checksum is another one each time.
hidden=0
[ "${client##*/}" != mysql ] || hidden="(SELECT COUNT(*) FROM information_schema.statistics s WHERE s.table_schema = t.table_schema AND s.table_name = t.table_name AND s.expression IS NOT NULL)"
sql --raw <<S | sql
SELECT CONCAT('CHECKSUM TABLE ', $(name table_schema table_name), ';') FROM information_schema.tables t
  WHERE table_type IN ('BASE TABLE', 'SYSTEM VERSIONED') AND table_schema $own AND $hidden = 0 ORDER BY table_schema, table_name;
SELECT CONCAT('SELECT COUNT(*) FROM ', $(name table_schema table_name), ';') FROM information_schema.tables
  WHERE table_type = 'VIEW' AND table_schema $own AND table_name NOT LIKE '%nobody%' ORDER BY table_schema, table_name;
S
