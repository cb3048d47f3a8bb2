import { randomBytes } from 'node:crypto';
import { closeSync, mkdirSync, openSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Recap } from '../../events.js';
import type { Plan } from '../plan/plan.js';

/** How many runs are kept. */
const KEEP = 50;

/** What a run was, as far as it is known when it begins. */
export interface RunAbout {
  readonly id: string;
  readonly kind: RunKind;
  readonly playbook: string;
  readonly inventory: readonly string[];
  /** as typed, secrets taken out */
  readonly command: readonly string[];
  /** of provision itself */
  readonly version: string;
  /** who ran it, user@machine */
  readonly by: string;
}

export type RunKind = 'run' | 'check' | 'plan' | 'apply' | 'verify' | 'drift';

/** `run.json` of a run's folder. */
export interface RunRecord extends RunAbout {
  /** ISO 8601, UTC */
  readonly started: string;
  /** left out while it runs, and for ever when it was killed */
  readonly ended?: string;
  readonly exitCode?: number;
}

/** What one run leaves behind in its folder: run.json, events.ndjson, and at its end plan.json and recap.json. */
export interface Journal {
  readonly id: string;
  readonly dir: string;
  /** append a line to events.ndjson; with those before it, it is in the file when this returns */
  event(line: string): void;
  /** the same, when there is time for it: with the next event, and before anybody else is heard */
  lateEvent(line: string): void;
  plan(plan: Plan): void;
  end(outcome: { readonly recap: Recap | undefined; readonly exitCode: number }): void;
}

/**
 * Begin the folder of a run below `root`, and remove the oldest ones beyond KEEP. Everything in it is for its owner's eyes
 * only: it holds no known secret, but the insides of a site. `about` is asked again at the end: more secrets are known then.
 * @throws an error of the file system
 */
export function beginJournal(root: string, about: () => RunAbout, clock: () => Date): Journal {
  mkdirSync(root, { recursive: true, mode: 0o700 });
  const { id } = about();
  const dir = join(root, id);
  mkdirSync(dir, { mode: 0o700 });
  const started = clock().toISOString();
  write(dir, 'run.json', { ...about(), started });
  const events = openSync(join(dir, 'events.ndjson'), 'ax', 0o600);
  rotate(root);
  let late = '';
  let ended = false;
  const flush = (): void => {
    if (late !== '' && !ended) writeFileSync(events, late);
    late = '';
  };
  const flushLater = (): void => {
    try {
      flush();
    } catch {
      // A full disk: the next event tells, as it is written together with these.
    }
  };
  return {
    id,
    dir,
    event(line) {
      late += line;
      flush();
    },
    lateEvent(line) {
      if (late === '') setImmediate(flushLater);
      late += line;
    },
    plan: (plan) => write(dir, 'plan.json', plan),
    end({ recap, exitCode }) {
      flush();
      ended = true;
      closeSync(events);
      if (recap) write(dir, 'recap.json', recap);
      const record: RunRecord = { ...about(), started, ended: clock().toISOString(), exitCode };
      write(dir, 'run.json', record);
    },
  };
}

/** A name for a run: sorted by name, runs are in the order of their times. */
export function newRunId(now: Date): string {
  return `${now.toISOString().replace(/[-:]/g, '')}-${randomBytes(2).toString('hex')}`;
}

/** The names of the runs' folders, oldest first. */
export function runIds(root: string): string[] {
  try {
    return readdirSync(root)
      .filter((name) => /^\d{8}T\d{6}\.\d{3}Z-[0-9a-f]{4}$/.test(name))
      .sort();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

function rotate(root: string): void {
  for (const id of runIds(root).slice(0, -KEEP)) rmSync(join(root, id), { recursive: true, force: true });
}

/** Whole or not at all. */
function write(dir: string, name: string, value: unknown): void {
  const temporary = join(dir, `.${name}.tmp`);
  writeFileSync(temporary, `${JSON.stringify(value, undefined, 1)}\n`, { mode: 0o600, flag: 'wx' });
  renameSync(temporary, join(dir, name));
}
