import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { UsageError } from '../../errors.js';
import type { Recap } from '../../events.js';
import { didYouMean } from '../../schema.js';
import { runIds, type RunRecord } from './journal.js';

export interface PastRun {
  readonly record: RunRecord;
  /** left out when it was killed */
  readonly recap: Recap | undefined;
}

/** The runs that a journal holds, oldest first. A folder that cannot be read is left out. */
export function pastRuns(root: string): PastRun[] {
  return runIds(root).flatMap((id) => {
    const record = readJson<RunRecord>(join(root, id, 'run.json'));
    return record ? [{ record, recap: readJson<Recap>(join(root, id, 'recap.json')) }] : [];
  });
}

/** The lines of a run's events.ndjson, parsed. A line that was cut off by a crash is left out. */
export function pastEvents(root: string, id: string): Record<string, unknown>[] {
  return textOf(join(root, id, 'events.ndjson'))
    .split('\n')
    .flatMap((line) => parseLine(line));
}

/**
 * The id that a user means: a whole one, its beginning, or `last`.
 * @throws UsageError when it means none, or several
 */
export function findRun(root: string, name: string): string {
  const ids = runIds(root);
  if (name === 'last' && ids.length > 0) return ids.at(-1) as string;
  const found = ids.filter((id) => id.startsWith(name));
  const [only] = found;
  if (only !== undefined && (found.length === 1 || only === name)) return only;
  const hint = ids.length === 0 ? 'there is none yet' : 'provision runs lists them; `last` means the newest';
  if (found.length > 1) throw new UsageError(`"${name}" means ${found.length} runs`, { hint });
  throw new UsageError(`there is no run "${name}"${didYouMean(name, ids)}`, { hint });
}

/** The hosts of a past run that failed, were not reached, or did not pass their checks. */
export function failedHosts({ recap }: PastRun): string[] {
  return (recap?.hosts ?? [])
    .filter(({ failed, unreachable, checksFailed }) => failed > 0 || unreachable || checksFailed > 0)
    .map(({ host }) => host);
}

function readJson<T>(file: string): T | undefined {
  const [value] = parseLine(textOf(file));
  return value as T | undefined;
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

function parseLine(line: string): Record<string, unknown>[] {
  if (line.trim() === '') return [];
  try {
    return [JSON.parse(line) as Record<string, unknown>];
  } catch {
    return [];
  }
}
