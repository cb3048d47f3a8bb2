import { expect } from 'chai';
import { isReadOnly } from '../../../src/resources/mysql/is-read-only.js';

describe('isReadOnly', () => {
  const reads = [
    'SELECT 1',
    ' select "delete from t; update x" ;',
    "SELECT 'it''s; \\'; drop' -- ; delete\nFROM t",
    '/* insert */ SHOW TABLES',
    '(SELECT 1)',
    'WITH a AS (SELECT 1) SELECT * FROM a',
    'SELECT `update`, `a;b` FROM t # ; drop',
    'EXPLAIN SELECT 1',
  ];
  const writes = [
    '',
    'INSERT INTO t VALUES (1)',
    'SELECT 1; DELETE FROM t',
    "SELECT 1 INTO OUTFILE '/x'",
    'SELECT * FROM t FOR UPDATE',
    'WITH a AS (SELECT 1) DELETE FROM t',
    'SELECT /*! 1 INTO OUTFILE "x" */ 2',
    'EXPLAIN ANALYZE UPDATE t SET a = 1',
    'SELECT GET_LOCK("a", 1)',
    'DROP TABLE t',
    'SET GLOBAL x = 1',
  ];
  for (const sql of reads) it(`reads: ${sql}`, () => expect(isReadOnly(sql)).to.equal(true));
  for (const sql of writes) it(`may write: ${sql}`, () => expect(isReadOnly(sql)).to.equal(false));
});
