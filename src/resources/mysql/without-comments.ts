/**
 * SQL without its comments; those that the server runs (`/*!`) stay. A statement that is asked for travels on one line, on
 * which a comment would take the rest with it.
 */
export function withoutComments(sql: string): string {
  return sql.replace(
    /('(?:[^'\\]|''|\\[^])*'|"(?:[^"\\]|""|\\[^])*"|`(?:[^`]|``)*`)|\/\*(?![!M])[^]*?\*\/|(?:--(?=\s|$)|#).*$/gm,
    (_match, quoted: string | undefined) => quoted ?? ' ',
  );
}
