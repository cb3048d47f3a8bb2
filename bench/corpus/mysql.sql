-- What MySQL alone has.
USE corpus;
CREATE TABLE invisible (a INT INVISIBLE DEFAULT 7, b INT, c FLOAT INVISIBLE);
INSERT INTO invisible (a, b, c) VALUES (1, 2, 1234567.8), (3, 4, NULL);
SET SESSION sql_generate_invisible_primary_key = ON;
CREATE TABLE hidden_key (a INT, f FLOAT);
INSERT INTO hidden_key VALUES (1, 1234567.8), (2, NULL);
SET SESSION sql_generate_invisible_primary_key = OFF;
CREATE TABLE functional (id INT PRIMARY KEY, j JSON, t VARCHAR(20) DEFAULT (UUID()), f FLOAT DEFAULT (1.5 * 3), INDEX ((CAST(j ->> '$.a' AS UNSIGNED))), INDEX ((LOWER(t))) INVISIBLE, INDEX multi ((CAST(j -> '$.m' AS UNSIGNED ARRAY))));
INSERT INTO functional VALUES (1, '{"a": 5, "m": [1, 2]}', 'X', 1234567.8);
CREATE TABLE json_types (id INT PRIMARY KEY, f FLOAT, j JSON);
INSERT INTO json_types VALUES (1, 1, JSON_OBJECT('d', 1.5e0, 'big', 18446744073709551615, 'f', 0.1e0 + 0.2e0, 'u', 'ü🦊\n''"'));
CREATE TABLE srs (id INT PRIMARY KEY, f FLOAT, p POINT NOT NULL SRID 4326, SPATIAL INDEX (p));
INSERT INTO srs VALUES (1, 1234567.8, ST_GeomFromText('POINT(52.5 13.4)', 4326));
CREATE TABLE vectors (id INT PRIMARY KEY, f FLOAT, v VECTOR(3));
INSERT INTO vectors VALUES (1, 1234567.8, STRING_TO_VECTOR('[0.1, 1234567.8, -1]'));
CREATE TABLE encoded (id INT PRIMARY KEY, t VARCHAR(20) COLLATE utf8mb4_ja_0900_as_cs_ks, f FLOAT) ROW_FORMAT = COMPRESSED;
INSERT INTO encoded VALUES (1, 'あ', 1234567.8);
