/**
 * Privileges by what they are about: `*.*`, `` `db`.* ``, `` `db`.`table` ``, ``PROCEDURE `db`.`name` ``. Each set
 * holds canonical names; a privilege on a column is one entry: ``SELECT (`a`)``. USAGE (none) is an empty set.
 */
export type Privileges = ReadonlyMap<string, ReadonlySet<string>>;

export const ALL = 'ALL PRIVILEGES';
export const GRANT_OPTION = 'GRANT OPTION';

/**
 * Read Ansible's notation: `db.*:SELECT,INSERT/other.*:ALL,GRANT`, or an object with a key for each target.
 * @throws SyntaxError for what cannot be read
 */
export function parsePrivileges(
  priv: string | Readonly<Record<string, string | readonly string[]>>,
): Privileges {
  const pairs = typeof priv === 'string' ? splitPairs(priv) : Object.entries(priv);
  const privileges = new Map<string, Set<string>>();
  for (const [target, list] of pairs) {
    const names = readPrivileges(new Reader(tokenize([list].flat().join(','))));
    addAll(privileges, readTarget(new Reader(tokenize(target))), names);
  }
  return privileges;
}

/** Read the rows of SHOW GRANTS. Roles, PROXY and partial revokes are left out: they are not managed here. */
export function parseGrants(lines: readonly string[]): Privileges {
  const privileges = new Map<string, Set<string>>();
  for (const line of lines) {
    const reader = new Reader(tokenize(line));
    if (!reader.takeWord('GRANT') || reader.peekWord('PROXY')) continue;
    const names = readPrivileges(reader);
    if (!reader.takeWord('ON')) continue;
    const target = readTarget(reader);
    if (reader.restHasWords('WITH', 'GRANT', 'OPTION')) names.add(GRANT_OPTION);
    addAll(privileges, target, names);
  }
  return privileges;
}

/** Privileges as SQL lists them, the columns of one privilege together. */
export function formatPrivileges(names: Iterable<string>): string {
  const columns = new Map<string, string[]>();
  for (const name of [...names].sort()) {
    const open = name.endsWith(')') ? name.indexOf(' (') : -1;
    const key = open < 0 ? name : name.slice(0, open);
    const list = columns.get(key) ?? [];
    if (open >= 0) list.push(name.slice(open + 2, -1));
    columns.set(key, list);
  }
  return [...columns]
    .map(([name, list]) => (list.length > 0 ? `${name} (${list.join(', ')})` : name))
    .join(', ');
}

type Token = { readonly kind: 'name' | 'word' | 'mark'; readonly text: string };

const TOKEN =
  /\s*(?:`((?:[^`]|``)*)`|"((?:[^"]|"")*)"|'((?:[^'\\]|''|\\.)*)'|([(),.@*:])|([^\s`"'(),.@*:]+))/y;

function tokenize(text: string): Token[] {
  const tokens: Token[] = [];
  const pattern = new RegExp(TOKEN);
  const source = text.trimEnd();
  while (pattern.lastIndex < source.length) {
    const start = pattern.lastIndex;
    const match = pattern.exec(source);
    if (!match) throw new SyntaxError(`cannot read ${JSON.stringify(source.slice(start))}`);
    const [, ticked, doubled, quoted, mark, word] = match;
    if (ticked !== undefined) tokens.push({ kind: 'name', text: ticked.replaceAll('``', '`') });
    else if (doubled !== undefined) tokens.push({ kind: 'name', text: doubled.replaceAll('""', '"') });
    else if (quoted !== undefined) tokens.push({ kind: 'name', text: quoted });
    else if (mark !== undefined) tokens.push({ kind: 'mark', text: mark });
    else tokens.push({ kind: 'word', text: word! });
  }
  return tokens;
}

class Reader {
  readonly #tokens: readonly Token[];
  #at = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  get done(): boolean {
    return this.#at >= this.#tokens.length;
  }

  take(): Token | undefined {
    return this.#tokens[this.#at++];
  }

  peekWord(word: string): boolean {
    const token = this.#tokens[this.#at];
    return token?.kind === 'word' && token.text.toUpperCase() === word;
  }

  takeWord(word: string): boolean {
    if (!this.peekWord(word)) return false;
    this.#at++;
    return true;
  }

  takeMark(mark: string): boolean {
    const token = this.#tokens[this.#at];
    if (token?.kind !== 'mark' || token.text !== mark) return false;
    this.#at++;
    return true;
  }

  restHasWords(...words: readonly string[]): boolean {
    const rest = this.#tokens
      .slice(this.#at)
      .map((token) => (token.kind === 'word' ? token.text.toUpperCase() : ''));
    return rest.some((_, index) => words.every((word, offset) => rest[index + offset] === word));
  }
}

/** A list of privileges up to its end or to ON or TO. */
function readPrivileges(reader: Reader): Set<string> {
  const names = new Set<string>();
  while (!reader.done && !reader.peekWord('ON') && !reader.peekWord('TO')) {
    const words: string[] = [];
    while (!reader.done && !reader.peekWord('ON') && !reader.peekWord('TO')) {
      if (reader.takeMark(',')) break;
      if (reader.takeMark('(')) {
        for (const column of readColumns(reader)) names.add(`${canonical(words)} (${column})`);
        words.length = 0;
        reader.takeMark(',');
        break;
      }
      words.push(reader.take()!.text);
    }
    if (words.length > 0) names.add(canonical(words));
  }
  names.delete('USAGE');
  return names;
}

function readColumns(reader: Reader): string[] {
  const columns: string[] = [];
  while (!reader.takeMark(')')) {
    const token = reader.take();
    if (!token) throw new SyntaxError('a ( is not closed');
    // Column names are case-insensitive on every platform.
    if (token.kind !== 'mark') columns.push(identifier(token.text.toLowerCase()));
  }
  return columns;
}

function readTarget(reader: Reader): string {
  const routine = reader.takeWord('PROCEDURE')
    ? 'PROCEDURE'
    : reader.takeWord('FUNCTION')
      ? 'FUNCTION'
      : undefined;
  if (routine === undefined) reader.takeWord('TABLE');
  const database = reader.take();
  if (!database || !reader.takeMark('.')) {
    throw new SyntaxError(
      `a target is DATABASE.TABLE, DATABASE.* or *.*${database ? `, not ${database.text}` : ''}`,
    );
  }
  const object = reader.take();
  if (!object) throw new SyntaxError(`a target is DATABASE.TABLE, DATABASE.* or *.*, not ${database.text}.`);
  const name = `${part(database)}.${routine ? part({ ...object, text: object.text.toLowerCase() }) : part(object)}`;
  return routine ? `${routine} ${name}` : name;
}

function part(token: Token): string {
  return token.kind === 'mark' ? token.text : identifier(token.text);
}

function identifier(name: string): string {
  return `\`${name.replaceAll('`', '``')}\``;
}

/** Names that servers use for each other. The older one is kept: MySQL and every MariaDB accept it. */
const ALIASES: Readonly<Record<string, string>> = {
  ALL,
  GRANT: GRANT_OPTION,
  'BINLOG MONITOR': 'REPLICATION CLIENT',
  'REPLICATION REPLICA': 'REPLICATION SLAVE',
  'REPLICATION REPLICA ADMIN': 'REPLICATION SLAVE ADMIN',
  'REPLICA MONITOR': 'SLAVE MONITOR',
  'DELETE VERSIONING ROWS': 'DELETE HISTORY',
};

function canonical(words: readonly string[]): string {
  const name = words.join(' ').toUpperCase();
  return ALIASES[name] ?? name;
}

/** `target:list/target:list`, where / and : inside quotes or parentheses do not count. */
function splitPairs(text: string): [string, string][] {
  // eslint-disable-next-line regexp/no-super-linear-backtracking -- a text of the playbook
  const pieces = text.match(/(?:`(?:[^`]|``)*`|\([^)]*\)|[^/`(]|[`(])+/g) ?? [];
  return pieces.map((piece) => {
    // eslint-disable-next-line regexp/no-super-linear-backtracking -- a text of the playbook
    const match = /^((?:`(?:[^`]|``)*`|[^:`])+):(.*)$/s.exec(piece.trim());
    if (!match) throw new SyntaxError(`${JSON.stringify(piece.trim())} is not TARGET:PRIVILEGE,...`);
    return [match[1]!.trim(), match[2]!];
  });
}

function addAll(privileges: Map<string, Set<string>>, target: string, names: ReadonlySet<string>): void {
  const known = privileges.get(target) ?? new Set<string>();
  for (const name of names) known.add(name);
  privileges.set(target, known);
}
