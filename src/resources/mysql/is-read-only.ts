import { withoutComments } from './without-comments.js';

/**
 * Whether a text is one statement that only reads. Texts in quotes and comments are not looked at; in doubt the answer
 * is no.
 */
export function isReadOnly(sql: string): boolean {
  // A comment of the form /*! is run by the server.
  if (/\/\*[!M]/.test(sql)) return false;
  const bare = withoutComments(sql)
    .replace(/'(?:[^'\\]|''|\\[^])*'|"(?:[^"\\]|""|\\[^])*"|`(?:[^`]|``)*`/g, ' x ')
    .trim()
    .replace(/;$/, '')
    .replace(/^[(\s]+/, '');
  if (bare.includes(';')) return false;
  const [verb] = bare.toUpperCase().split(/\W/, 1);
  if (!READERS.has(verb ?? '')) return false;
  return !/\b(INTO|UPDATE|DELETE|INSERT|REPLACE\s+INTO|TRUNCATE|CALL|LOCK|ANALYZE|NEXTVAL|SETVAL|GET_LOCK)\b/i.test(
    bare,
  );
}

const READERS: ReadonlySet<string> = new Set([
  'SELECT',
  'SHOW',
  'DESCRIBE',
  'DESC',
  'EXPLAIN',
  'WITH',
  'TABLE',
  'VALUES',
]);
