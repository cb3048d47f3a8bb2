import type { UnitAnswer } from '../query.js';
import { quoteAll } from '../quote.js';
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

/** systemctl(1) show: a block of properties for each unit, in the order asked, but for names that are none. */
export const unit: QueryKind<'unit'> = {
  compile: (queries) =>
    chunked(queries.map((query) => query.name)).map(
      (names) => `systemctl show -p ${PROPERTIES.join(',')} -- ${quoteAll(names)}`,
    ),
  parse(queries, outputs) {
    const blocks = outputs
      .map(textOf)
      .join('\n')
      .split(/\n{2,}/)
      .map(
        (block) =>
          new Map(
            block
              .trim()
              .split('\n')
              .map((line) => splitAt(line, '=')),
          ),
      );
    const byName = new Map(blocks.flatMap((block) => namesOf(block).map((name) => [name, block])));
    return queries.map(({ name }) => answerOf(byName.get(name) ?? new Map<string, string>()));
  },
};

/** A unit's own name and its aliases. */
function namesOf(block: ReadonlyMap<string, string>): string[] {
  return [block.get('Id') ?? '', ...(block.get('Names') ?? '').split(' ')];
}

function answerOf(properties: ReadonlyMap<string, string>): UnitAnswer {
  const of = (name: string): string => properties.get(name) ?? '';
  return {
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
  return at < 0 ? [line, ''] : [line.slice(0, at), line.slice(at + 1)];
}
