import type { UnitAnswer } from '../query.js';
import { quoteAll } from '../quote.js';
import type { QueryKind } from './kind.js';

const PROPERTIES = [
  'LoadState',
  'ActiveState',
  'SubState',
  'UnitFileState',
  'MainPID',
  'NeedDaemonReload',
  'NRestarts',
];

/** systemctl(1) show: a block of properties for each unit, in the order asked. */
export const unit: QueryKind<'unit'> = {
  compile: (queries) =>
    `systemctl show -p ${PROPERTIES.join(',')} -- ${quoteAll(queries.map((query) => query.name))} 2>/dev/null`,
  parse(queries, output) {
    const blocks = output.stdout.toString('utf8').trim().split('\n\n');
    return queries.map((_query, index) => answerOf(blocks[index] ?? ''));
  },
};

function answerOf(block: string): UnitAnswer {
  const properties = new Map(block.split('\n').map((line) => splitAt(line, '=')));
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
