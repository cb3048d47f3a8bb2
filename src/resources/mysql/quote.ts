const ESCAPES: Readonly<Record<string, string>> = {
  '\0': '\\0',
  '\n': '\\n',
  '\r': '\\r',
  '\u001a': '\\Z',
  "'": "''",
  '\\': '\\\\',
};

/**
 * A text as an SQL literal. Control characters become escapes, so a literal never spans lines: the client, which reads
 * statements line by line, then cannot take a part of it for a command of its own.
 */
export function quoteText(text: string): string {
  return `'${text.replace(/[\0\n\r\u001a'\\]/g, (char) => ESCAPES[char]!)}'`;
}

/**
 * A name (database, table, column) as an SQL identifier.
 * @throws RangeError for a name that holds a control character or nothing
 */
export function quoteName(name: string): string {
  if (name === '' || /[\u0000-\u001f\u007f]/.test(name)) {
    throw new RangeError(`${JSON.stringify(name)} cannot be a name in SQL`);
  }
  return `\`${name.replaceAll('`', '``')}\``;
}

/** An account as SQL names it. */
export function quoteAccount(user: string, host: string): string {
  return `${quoteText(user)}@${quoteText(host)}`;
}

/**
 * Any JSON value as an SQL literal; lists as `a, b`, objects as their JSON text.
 */
export function quoteValue(value: unknown): string {
  if (value === null || value === undefined) return 'NULL';
  if (typeof value === 'number' || typeof value === 'bigint') return String(value);
  if (typeof value === 'boolean') return value ? 'TRUE' : 'FALSE';
  if (typeof value === 'string') return quoteText(value);
  if (Array.isArray(value)) return value.map(quoteValue).join(', ');
  return quoteText(JSON.stringify(value));
}
