-- Odd schemas that MariaDB and MySQL both have. All of it has to come back exactly.
CREATE DATABASE corpus;
USE corpus;
SET SESSION sql_mode = 'ALLOW_INVALID_DATES,NO_AUTO_VALUE_ON_ZERO', time_zone = '+00:00';

-- FLOAT: what six digits do not hold; the least and the largest; as a key.
CREATE TABLE floats (id INT PRIMARY KEY, plain FLOAT, fixed FLOAT(10, 2), fine FLOAT(20, 8), unsigned_one FLOAT UNSIGNED, big DOUBLE, fixed_big DOUBLE(20, 4), note VARCHAR(20) DEFAULT 'it''s');
INSERT INTO floats VALUES (1, 1234567.8, 1234567.8, 0.1, 16777217, 1e300 / 3, 12345678901234.5678, 'tab	"q" \\ \n'), (2, -1.17549435e-38, 0.33, 1.0000001, 3.4e38, 5e-324, -0.0001, ''),
  (3, 16777216, 99999999.99, 1e-8, 0, -1.7976931348623157e308, 0, NULL), (4, NULL, NULL, NULL, NULL, NULL, NULL, '🦊'), (5, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 'NULL'), (0, 3.14159274, -0.01, 123456.78901234, 1e-45, 0.30000000000000004, 1, 'TOO_LARGE');
CREATE TABLE float_keys (f FLOAT, g FLOAT, PRIMARY KEY (f), UNIQUE (g));
INSERT INTO float_keys VALUES (1234567.1, 1), (1234567.3, 2), (1234568, 3), (0.1, 4), (0.10000001, 5);
CREATE TABLE float_mix (id BIGINT UNSIGNED PRIMARY KEY AUTO_INCREMENT, f FLOAT, d DECIMAL(65, 30), b BIT(64), bin BINARY(4), vb VARBINARY(10), bl LONGBLOB, t LONGTEXT, e ENUM('a', 'it''s', 'ü'), s SET('x', 'y', 'z'),
  dt DATETIME(6), ts TIMESTAMP(6) NULL, da DATE, ti TIME(3), y YEAR, j JSON, g GEOMETRY, l1 VARCHAR(20) CHARACTER SET latin1, touched TIMESTAMP DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP) AUTO_INCREMENT = 42;
INSERT INTO float_mix (f, d, b, bin, vb, bl, t, e, s, dt, ts, da, ti, y, j, g, l1) VALUES
  (1234567.8, 12345678901234567890123456789012345.123456789012345678901234567890, b'1111', X'00FF', X'00', X'000D0A1A275C22FF', 'line\nbreak, ''quote'', "double", \\, tab\t, 🦊', 'it''s', 'x,z', '9999-12-31 23:59:59.999999', '2037-12-31 23:59:59.999999', '1000-01-01', '-838:59:59', 2155, '{"a": [1, 2.5, "x\\"y", null]}', ST_GeomFromText('POINT(1.1 2.2)'), 'ÄÖÜ'),
  (NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL), (0.1, 0, 0, '', '', '', '', 'a', '', '0000-00-00', '1970-01-01 00:00:01', '2026-02-31', 0, 1901, '[]', NULL, '');
INSERT INTO float_mix (id, f) VALUES (0, 16777217), (18446744073709551000, 1);

CREATE TABLE bits (id INT PRIMARY KEY, one BIT(1), ten BIT(10), full BIT(64));
INSERT INTO bits VALUES (1, b'0', b'1010101010', b'1111111111111111111111111111111111111111111111111111111111111111'), (2, NULL, 0, 0), (3, 1, 10, 39);

-- Columns that are made, stored and not; names with all kinds of quotes.
CREATE TABLE made (id INT PRIMARY KEY, a INT, twice INT GENERATED ALWAYS AS (a * 2) VIRTUAL, kept VARCHAR(40) GENERATED ALWAYS AS (CONCAT('it''s ', a)) STORED, KEY (twice), UNIQUE (kept), CHECK (a <> 13));
INSERT INTO made (id, a) VALUES (1, 5), (2, NULL), (3, -7);
CREATE TABLE made_float (f FLOAT, half FLOAT GENERATED ALWAYS AS (f / 2) STORED, id INT PRIMARY KEY);
INSERT INTO made_float (f, id) VALUES (1234567.8, 1), (0.3, 2);
CREATE TABLE `t``a"b'c d\e.f%/` (`c``o"l'` INT PRIMARY KEY, `select` FLOAT, `-- x` VARCHAR(10));
INSERT INTO `t``a"b'c d\e.f%/` VALUES (1, 1234567.8, '-- y'), (2, 0.1, '`');
CREATE VIEW `v``i"e'w` AS SELECT `c``o"l'` AS `a``b` FROM `t``a"b'c d\e.f%/`;
CREATE TABLE Ünïcödé (schlüssel INT PRIMARY KEY, wert FLOAT);
INSERT INTO Ünïcödé VALUES (1, 1234567.8);

CREATE TABLE zero_dates (id INT PRIMARY KEY AUTO_INCREMENT, d DATE NOT NULL DEFAULT '0000-00-00', dt DATETIME NULL, ts TIMESTAMP NULL);
INSERT INTO zero_dates VALUES (0, '0000-00-00', '0000-00-00', '0000-00-00'), (1, '2026-00-00', '2026-02-31 25:00:00', NULL), (2, '2026-02-31', '2026-12-00', '2026-10-25 01:30:00');

CREATE TABLE json_like (id INT PRIMARY KEY, j JSON, CHECK (JSON_VALID(j)));
INSERT INTO json_like VALUES (1, '{"k": "\\u00e4 \\"q\\" \\\\ ''", "n": 1234567.8, "deep": [[[[]]], {"": null}]}'), (2, '"text"'), (3, NULL), (4, '12345678901234567890');
CREATE TABLE spatial_one (id INT PRIMARY KEY, p POINT NOT NULL, g GEOMETRYCOLLECTION, SPATIAL INDEX (p));
INSERT INTO spatial_one VALUES (1, ST_GeomFromText('POINT(1.1 -2.2)'), ST_GeomFromText('GEOMETRYCOLLECTION(POINT(0 0),LINESTRING(0 0,1.5 1))')), (2, ST_GeomFromText('POINT(0 0)'), NULL);

CREATE TABLE parts (id INT, at DATE, v FLOAT, PRIMARY KEY (id, at)) PARTITION BY RANGE (TO_DAYS(at)) SUBPARTITION BY HASH (id) SUBPARTITIONS 2 (PARTITION p0 VALUES LESS THAN (TO_DAYS('2026-01-01')), PARTITION p1 VALUES LESS THAN MAXVALUE);
INSERT INTO parts VALUES (1, '2025-12-31', 1234567.8), (2, '2026-01-01', 0.1);
CREATE TABLE list_parts (id INT, c VARCHAR(5), PRIMARY KEY (id, c)) PARTITION BY LIST COLUMNS (c) (PARTITION a VALUES IN ('it''s', 'b'), PARTITION b VALUES IN ('x'));
INSERT INTO list_parts VALUES (1, 'it''s'), (2, 'x');

-- Keys in a circle, and on itself.
SET foreign_key_checks = 0;
CREATE TABLE egg (id INT PRIMARY KEY, hen INT, parent INT, CONSTRAINT `of ``hen` FOREIGN KEY (hen) REFERENCES hen (id) ON DELETE CASCADE, FOREIGN KEY (parent) REFERENCES egg (id));
CREATE TABLE hen (id INT PRIMARY KEY, egg INT, CONSTRAINT of_egg FOREIGN KEY (egg) REFERENCES egg (id) ON UPDATE CASCADE);
INSERT INTO egg VALUES (1, 1, 2), (2, 1, 1);
INSERT INTO hen VALUES (1, 2);
SET foreign_key_checks = 1;

-- Character sets, some of which do not survive the way by utf8mb4.
CREATE TABLE charsets (id INT PRIMARY KEY, l1 VARCHAR(20) CHARACTER SET latin1, l2 VARCHAR(20) CHARACTER SET latin2, u2 VARCHAR(20) CHARACTER SET ucs2, u16 VARCHAR(20) CHARACTER SET utf16, sj VARCHAR(20) CHARACTER SET sjis, cp VARCHAR(20) CHARACTER SET cp932,
  ej VARCHAR(20) CHARACTER SET eucjpms, gb VARCHAR(20) CHARACTER SET gbk, ce VARCHAR(20) CHARACTER SET cp1251, ar CHAR(5) CHARACTER SET armscii8, ge ENUM('a', 'ბ') CHARACTER SET geostd8, b VARCHAR(20) COLLATE utf8mb4_bin, INDEX (sj));
INSERT INTO charsets VALUES (1, X'41808182FF', X'41A1FF', X'D83D0041', X'D83DDE00', X'815F8340', X'8790FA4A', X'8FA2B7', X'8140', X'98AA', X'A1FF', 2, 'ß'), (2, '', '', '', '', '', '', '', '', '', '', NULL, ''), (3, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 1, NULL);

CREATE TABLE wide (id INT PRIMARY KEY, big LONGBLOB, txt LONGTEXT);
INSERT INTO wide VALUES (1, REPEAT(X'00FF275C', 2600000), REPEAT('ä''', 500000));
CREATE TABLE nothing (id INT);
CREATE TABLE nothing_float (f FLOAT);
CREATE TABLE no_key (a INT, f FLOAT);
INSERT INTO no_key VALUES (1, 1234567.8), (1, 1234567.8), (NULL, NULL);
CREATE TABLE my_isam (id INT PRIMARY KEY AUTO_INCREMENT, f FLOAT, FULLTEXT (t), t TEXT) ENGINE = MyISAM AUTO_INCREMENT = 7;
INSERT INTO my_isam (f, t) VALUES (1234567.8, 'full text');
CREATE TABLE memory_one (id INT PRIMARY KEY, f FLOAT) ENGINE = MEMORY;
INSERT INTO memory_one VALUES (1, 1234567.8);
CREATE TABLE comments (id INT PRIMARY KEY COMMENT 'it''s "a" `column`; \n-- Current Database: `other`') COMMENT = 'LOCK TABLES `x` WRITE;\nnew line 🦊';
INSERT INTO comments VALUES (1);
CREATE TABLE looks (t TEXT);
INSERT INTO looks VALUES ('\n-- Current Database: `corpus`\nDELIMITER ;;\nUNLOCK TABLES;\n'), ('\\N'), ('INSERT INTO `looks` VALUES (1);');

-- Views on views, whose names are in the wrong order; views of another database, in a circle of databases.
CREATE VIEW z_first AS SELECT id, note FROM floats WHERE note <> 'it''s';
CREATE VIEW m_second AS SELECT z.id, z.note FROM z_first z JOIN made m ON m.id = z.id WITH CHECK OPTION;
CREATE SQL SECURITY INVOKER VIEW a_third (`the id`, n) AS SELECT id, COUNT(*) FROM m_second GROUP BY id;

CREATE DATABASE `corpus b``'"%` DEFAULT CHARACTER SET latin1 COLLATE latin1_german1_ci;
USE `corpus b``'"%`;
CREATE TABLE other (id INT PRIMARY KEY, f FLOAT, of_made INT, CONSTRAINT across FOREIGN KEY (of_made) REFERENCES corpus.made (id));
INSERT INTO other VALUES (1, 1234567.8, 1);
CREATE VIEW back AS SELECT id FROM corpus.floats;
CREATE DATABASE `.odd-corpus` COLLATE utf8mb4_bin;
CREATE TABLE `.odd-corpus`.t (id INT PRIMARY KEY);
INSERT INTO `.odd-corpus`.t VALUES (1);
CREATE DATABASE `corpus empty`;
USE corpus;
CREATE VIEW across AS SELECT o.id FROM `corpus b``'"%`.other o JOIN z_first ON z_first.id = o.id;

-- Programs; their texts look like parts of a dump.
DELIMITER ;;
CREATE PROCEDURE `p``1` (IN a INT, OUT b VARCHAR(10) CHARACTER SET latin1) COMMENT 'it''s'
BEGIN
  /*
-- Current Database: `other`
-- Table structure for table `x`
-- Final view structure for view `y`
UNLOCK TABLES;
  */
  -- a comment that stays
  # and another
  DECLARE c CURSOR FOR SELECT 1;
  SET b = 'x;;y';
END;;
CREATE FUNCTION f1 (a INT) RETURNS VARCHAR(20) DETERMINISTIC RETURN CONCAT('it''s ', a, '\n
-- Dumping data for table `x`
');;
CREATE TRIGGER `t``1` BEFORE INSERT ON made FOR EACH ROW BEGIN SET NEW.a = COALESCE(NEW.a, 99); END;;
CREATE TRIGGER t2 AFTER UPDATE ON floats FOR EACH ROW INSERT INTO nothing VALUES (NEW.id);;
CREATE TRIGGER t3 BEFORE INSERT ON floats FOR EACH ROW SET NEW.plain = 0;;
CREATE TRIGGER t5 AFTER INSERT ON floats FOR EACH ROW INSERT INTO nothing VALUES (1);;
CREATE TRIGGER t6 AFTER INSERT ON floats FOR EACH ROW PRECEDES t5 INSERT INTO nothing VALUES (2);;
CREATE EVENT `e``1` ON SCHEDULE EVERY 1 DAY STARTS '2030-01-01 00:00:00' ON COMPLETION PRESERVE DISABLE COMMENT 'it''s' DO BEGIN DELETE FROM nothing; END;;
CREATE EVENT e2 ON SCHEDULE AT '2031-01-01 00:00:00' DO SET @x = 1;;
CREATE DEFINER = 'nobody'@'nowhere' PROCEDURE of_nobody () SELECT 1;;
CREATE DEFINER = 'nobody'@'nowhere' VIEW view_of_nobody AS SELECT id FROM made;;
CREATE DEFINER = 'nobody'@'nowhere' EVENT event_of_nobody ON SCHEDULE EVERY 1 YEAR STARTS '2030-01-01 00:00:00' DO SELECT 1;;
CREATE DEFINER = 'nobody'@'nowhere' TRIGGER trigger_of_nobody BEFORE DELETE ON made FOR EACH ROW SET @x = 1;;
DELIMITER ;
CREATE VIEW by_function AS SELECT f1(id) AS x FROM floats;
