import { TaskError } from '../../errors.js';
import { queryKey, type Answer, type Query } from '../query.js';
import type { Part, PartOutput } from '../part.js';
import { group, user } from './accounts.js';
import { content } from './content.js';
import { facts } from './facts.js';
import { file } from './file.js';
import { listen, sysctl } from './kernel.js';
import type { QueryKind } from './kind.js';
import { markers } from './markers.js';
import { ownersCode, readOwners, touchedBy, type Owners } from './owners.js';
import { candidates, packages } from './packages.js';
import { command, script } from './programs.js';
import { sql } from './sql.js';
import { sum } from './sum.js';
import { unit } from './unit.js';

/** Kinds that a host answers; the others are the controller's own. */
const kinds = {
  file,
  content,
  sum,
  package: packages,
  candidate: candidates,
  unit,
  user,
  group,
  sysctl,
  listen,
  facts,
  markers,
  sql,
  command,
  script,
};
type HostKind = keyof typeof kinds;

/** Bytes of a piece's output that are kept: no list of a host's packages, users, units or sockets comes near. */
const KEEP = 4 * 1024 * 1024;

/** Exit codes of a shell for a program that it does not find, or may not run. */
const [NOT_FOUND, NOT_STARTED] = [127, 126];

/** Queries of one kind, compiled to parts, with what understands their output. */
export interface QueryBatch {
  readonly parts: readonly Part[];
  read(outputs: readonly PartOutput[], owners: Owners): [string, Answer][];
}

/** The queries in as few processes as their kinds allow. */
export function batchQueries(queries: readonly Query[]): QueryBatch[] {
  const byKind = new Map<HostKind, Query[]>();
  for (const query of new Map(queries.map((one) => [queryKey(one), one])).values()) {
    if (!isHostKind(query.kind)) throw new Error(`${query.kind} is not for a host to answer`);
    const batch = byKind.get(query.kind);
    if (batch) batch.push(query);
    else byKind.set(query.kind, [query]);
  }
  return [...byKind].map(([kind, batch]) =>
    batchOf(kinds[kind] as unknown as QueryKind<Query['kind']>, batch),
  );
}

/** The part that goes ahead of all batches: whose the paths are that they touch. None where they touch none. */
export function ownersPart(queries: readonly Query[]): Part | undefined {
  const touched = queries.flatMap((query) => touchedBy(query) ?? []);
  if (touched.length === 0) return undefined;
  return { code: ownersCode(touched), ok: undefined, keep: KEEP, quiet: true };
}

function batchOf(kind: QueryKind<Query['kind']>, queries: readonly Query[]): QueryBatch {
  return {
    parts: kind.compile(queries).map((piece) => {
      const { code, keep } = typeof piece === 'string' ? { code: piece, keep: KEEP } : piece;
      return { code, ok: undefined, keep, quiet: kind.readsErrors !== true };
    }),
    read(outputs, owners) {
      if (kind.mayBeCut !== true && outputs.some(({ cut }) => cut === true)) {
        throw new TaskError(`what the host says about ${queries[0]?.kind ?? 'itself'} is too long`, {
          hint: `no more than ${KEEP / 1024 / 1024} MiB are read`,
        });
      }
      const { program } = kind;
      if (program !== undefined && outputs.some(({ rc }) => rc === NOT_FOUND || rc === NOT_STARTED)) {
        const refused = new TaskError(`${program} is missing on the host, or cannot be run`, {
          hint: 'modules and checks expect a Debian system: install it there, or leave this host out',
        });
        return queries.map((query) => [queryKey(query), { refused }]);
      }
      return kind
        .parse(queries, outputs, owners)
        .map((answer, index): [string, Answer] => [queryKey(queries[index] as Query), answer]);
    },
  };
}

export { readOwners };

function isHostKind(kind: Query['kind']): kind is HostKind {
  return Object.hasOwn(kinds, kind);
}
