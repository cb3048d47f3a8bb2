import { TaskError } from '../../errors.js';
import type { UnitAnswer, UnitQuery } from '../query.js';
import { quote, quoteAll } from '../quote.js';
import { chunked, textOf, type QueryKind } from './kind.js';

const PROPERTIES = [
  'Id',
  'Names',
  'LoadState',
  'ActiveState',
  'SubState',
  'UnitFileState',
  'MainPID',
  'NeedDaemonReload',
  'NRestarts',
];

/** The time of this file is when systemd began to read the units that it has. */
export const UNITS_LOADED = '/run/systemd/systemd-units-load';

/** Tells the lines of the searches from those of systemctl. */
const [ALIAS, NEWER] = ['alias ', 'newer '];

/**
 * systemctl(1) show: a block of properties for each unit. It ends at a template's name, so that those are asked by `list-unit-files`.
 * A name that no unit has may be the alias of one that is disabled: then the files of the units say whose.
 */
export const unit: QueryKind<'unit'> = {
  program: 'systemctl',
  compile(queries) {
    const names = [...new Set(queries.map(({ name }) => name))];
    const show = chunked(names.filter((name) => !isTemplate(name))).map(
      (some) => `show_units ${PROPERTIES.join(',')} ${quote(aliasPattern(some))} ${quoteAll(some)}`,
    );
    const templates = chunked(names.filter(isTemplate)).map(
      (some) =>
        `systemctl list-unit-files --full --no-legend --no-pager -- ${quoteAll(some.map((name) => name.replaceAll('\\', '\\\\')))}`,
    );
    const compared = queries.filter((query) => query.loaded === true && !isTemplate(query.name));
    return [
      // One text, so that its blocks are read together.
      show.join('\n') || ':',
      templates.join('\n') || ':',
      ...(compared.length === 0 ? [] : [newerCode([...new Set(compared.map(({ name }) => name))])]),
    ];
  },
  parse(queries, [shown, templates, newer]) {
    const blocks = blocksOf(textOf(shown));
    const byName = new Map(blocks.flatMap((block) => namesOf(block).map((name) => [name, block])));
    const owners = aliasesIn(textOf(shown));
    const files = templateStates(textOf(templates));
    const stale = new Set(
      textOf(newer)
        .split('\n')
        .flatMap((line) => (line.startsWith(NEWER) ? [line.slice(NEWER.length)] : [])),
    );
    return queries.map((query) => {
      if (isTemplate(query.name)) return templateAnswer(query, files.get(query.name));
      const own = byName.get(query.name);
      const ids = own?.get('LoadState') === 'loaded' ? undefined : owners.get(query.name);
      // An alias that several units claim is nobody's.
      const named = ids?.size === 1 ? byName.get([...ids][0]!) : undefined;
      const block = named ?? own;
      if (block === undefined) return { refused: unknown(query.name) };
      const answer = answerOf(query, block);
      return stale.has(query.name) ? { ...answer, needReload: true } : answer;
    });
  },
};

/** `getty@.service`: only its instances run. */
export function isTemplate(name: string): boolean {
  return /@\.[a-z]+$/.test(name);
}

/** Lines of unit files that make one of these names an alias. */
function aliasPattern(names: readonly string[]): string {
  const escaped = names.map((name) => name.replace(/[.\\+*?()|[\]{}^$]/g, '\\$&'));
  return `^Alias=(.*[[:blank:]])?(${escaped.join('|')})([[:blank:]]|$)`;
}

/**
 * Names the units of which a file was put there or changed since systemd has read the units. systemd itself compares the file's time with the
 * one it had, so that it takes an older one (`cp -p`, tar, rsync) for known; the time of the inode cannot be set.
 */
function newerCode(names: readonly string[]): string {
  return `for unit in ${quoteAll(names)}; do
set --
for file in $(systemctl show -p FragmentPath -p DropInPaths --value -- "$unit"); do set -- "$@" "$file"; done
[ $# = 0 ] || [ -z "$(find -L "$@" -maxdepth 0 -newercm ${UNITS_LOADED})" ] || printf '${NEWER}%s\\n' "$unit"
done`;
}

function blocksOf(text: string): ReadonlyMap<string, string>[] {
  return text.split(/\n{2,}/).map(
    (block) =>
      new Map(
        block
          .trim()
          .split('\n')
          .map((line) => splitAt(line, '=')),
      ),
  );
}

/** The ids of the units that have an alias in their files. */
function aliasesIn(text: string): ReadonlyMap<string, ReadonlySet<string>> {
  const owners = new Map<string, Set<string>>();
  for (const line of text.split('\n')) {
    if (!line.startsWith(ALIAS)) continue;
    const [path, names] = splitAt(line.slice(ALIAS.length), ':Alias=');
    const id = path.slice(path.lastIndexOf('/') + 1);
    for (const name of names.split(/\s+/)) owners.set(name, (owners.get(name) ?? new Set()).add(id));
  }
  return owners;
}

/** `NAME STATE PRESET`, a line each. */
function templateStates(text: string): ReadonlyMap<string, string> {
  return new Map(
    text.split('\n').map((line): [string, string] => {
      const [name = '', state = ''] = line.trim().split(/\s+/);
      return [name, state];
    }),
  );
}

function templateAnswer({ name }: UnitQuery, state: string | undefined): UnitAnswer {
  return {
    id: name,
    load: state === undefined ? 'not-found' : state.startsWith('masked') ? 'masked' : 'loaded',
    active: 'inactive',
    sub: 'template',
    enabled: state ?? '',
    mainPid: 0,
    needReload: false,
    restarts: 0,
  };
}

/** Of a unit that does not exist systemctl says just that. */
function unknown(name: string): TaskError {
  return new TaskError(`systemctl did not say anything about ${name}`, {
    hint: `is systemd the host's init, and does it answer? \`systemctl show ${name}\` says what is wrong`,
  });
}

/** A unit's own name and its aliases. */
function namesOf(block: ReadonlyMap<string, string>): string[] {
  return [block.get('Id') ?? '', ...(block.get('Names') ?? '').split(' ')];
}

function answerOf(query: UnitQuery, properties: ReadonlyMap<string, string>): UnitAnswer {
  const of = (name: string): string => properties.get(name) ?? '';
  return {
    id: of('Id') || query.name,
    load: of('LoadState') || 'not-found',
    active: of('ActiveState') || 'inactive',
    sub: of('SubState'),
    enabled: of('UnitFileState'),
    mainPid: Number(of('MainPID')) || 0,
    needReload: of('NeedDaemonReload') === 'yes',
    restarts: Number(of('NRestarts')) || 0,
  };
}

function splitAt(line: string, separator: string): [string, string] {
  const at = line.indexOf(separator);
  return at < 0 ? [line, ''] : [line.slice(0, at), line.slice(at + separator.length)];
}
