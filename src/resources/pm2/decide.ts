import type { Answers } from '../../agent/query.js';
import { MissingPrerequisiteError } from '../../errors.js';
import type { Change } from '../resource.js';
import { scriptsQuery, type WantedApp, wantedApps } from './ecosystem.js';
import type { Pm2Params } from './params.js';
import { type Probed, probed } from './probe.js';
import { processesOf } from './processes.js';
import { type RunningApp, runningApps } from './running-apps.js';
import type { RunRecord, RecordedApp } from './record.js';

/** What shall be done with one app, and why. */
export interface Decision {
  readonly app: string;
  readonly action: 'start' | 'replace' | 'reload' | 'stop' | 'delete' | 'none';
  /** where it logs, for what starts it: the beginnings of the paths, errors first */
  readonly logs?: readonly string[];
  readonly changes: readonly Change[];
}

export interface Decisions {
  readonly apps: readonly Decision[];
  readonly changes: readonly Change[];
  /** what to keep afterwards; undefined: the record goes */
  readonly record: RunRecord | undefined;
}

/** Whether the cheap probe is enough: the file is the recorded one, and all its processes run where they should. */
export function isSettled(params: Pm2Params, found: Probed): boolean {
  const { record, daemon, sha256 } = found;
  switch (params.state) {
    case 'stopped':
      return daemon.pid === null || (record !== undefined && liveApps(record, found).length === 0);
    case 'absent':
      return daemon.pid === null && record === undefined;
    default:
      return (
        sha256 !== null &&
        record?.sha256 === sha256 &&
        record.apps.every(
          (app) => processesOf(daemon, app.name).length === app.instances && !isStale(app, found),
        )
      );
  }
}

/** What to do. Asks for the answers of the second round unless the first has settled it. */
export function decide(params: Pm2Params, answers: Answers): Decisions {
  const found = probed(params, answers);
  if (params.state === 'stopped' || params.state === 'absent') return decideAway(params, found, answers);
  if (found.sha256 === null) {
    throw new MissingPrerequisiteError(`there is no ${params.ecosystem}`, {
      hint: 'put the ecosystem file there before this task',
    });
  }
  if (isSettled(params, found)) return decideSettled(params, found.record!);
  return decideRunning(params, { ...found, sha256: found.sha256 }, answers);
}

function decideSettled(params: Pm2Params, record: RunRecord): Decisions {
  if (params.state !== 'reloaded') return { apps: [], changes: [], record };
  const apps = record.apps.map(({ name, logs }): Decision => ({
    app: name,
    action: 'reload',
    ...(logs ? { logs } : {}),
    changes: [reloaded(name)],
  }));
  return { apps, changes: apps.flatMap(({ changes }) => changes), record };
}

function decideRunning(params: Pm2Params, found: Probed & { sha256: string }, answers: Answers): Decisions {
  const wanted = wantedApps(params, answers);
  const scripts = scriptsQuery(params, answers);
  if (scripts) answers.get<'script'>(scripts);
  const running = found.daemon.pid === null ? new Map<string, RunningApp>() : runningApps(params, answers);
  const recorded = new Map(found.record?.apps.map((app) => [app.name, app]));
  const apps = wanted.map((app) => {
    const decision = decideApp(app, {
      running: running.get(app.name),
      recorded: recorded.get(app.name),
      found,
    });
    const { logs } = app;
    if (params.state !== 'reloaded' || decision.action !== 'none') return { ...decision, logs };
    return { app: app.name, action: 'reload', changes: [reloaded(app.name)], logs } satisfies Decision;
  });
  const names = new Set(wanted.map(({ name }) => name));
  const gone = [...recorded.keys()]
    .filter((name) => running.has(name) && !names.has(name))
    .map((app): Decision => ({ app, action: 'delete', changes: [change(app, 'state', 'running', null)] }));
  const record: RunRecord = {
    sha256: found.sha256,
    apps: wanted.map(({ name, instances, cwd, digest, keys, logs }) => ({
      name,
      instances,
      cwd,
      digest,
      keys,
      logs,
    })),
  };
  const changes = [...gone, ...apps].flatMap((decision) => decision.changes);
  // The file differs in what means nothing (a comment): noted, so that the next run need not evaluate it again.
  if (changes.length === 0 && found.record?.sha256 !== found.sha256) {
    changes.push(change(params.ecosystem, 'record', found.record?.sha256 ?? null, found.sha256));
  }
  return { apps: [...gone, ...apps], changes, record };
}

/**
 * `pm2 reload FILE` merges options and variables into an app, but keeps its script, folder, mode, interpreter and
 * number, and what the file has no more: those need a new start.
 */
function decideApp(
  wanted: WantedApp,
  {
    running,
    recorded,
    found,
  }: { running: RunningApp | undefined; recorded: RecordedApp | undefined; found: Probed },
): Decision {
  const app = wanted.name;
  if (!running) return { app, action: 'start', changes: [change(app, 'state', null, 'running')] };
  const structural = [
    ...differs(app, 'script', running.script, wanted.script),
    ...differs(app, 'cwd', running.cwd, wanted.cwd),
    ...differs(app, 'exec_mode', running.execMode, wanted.execMode),
    ...differs(app, 'instances', running.instances, wanted.instances),
    ...(wanted.interpreter === undefined
      ? []
      : differs(app, 'interpreter', running.interpreter, wanted.interpreter)),
    ...(recorded
      ? removedKeys(app, recorded, wanted)
      : [change(app, 'settings', 'unknown', 'as in the file')]),
  ];
  if (structural.length > 0) return { app, action: 'replace', changes: structural };
  if (running.online === 0)
    return { app, action: 'replace', changes: [change(app, 'state', 'stopped', 'running')] };
  const merged = [
    ...(running.online < running.instances ? [change(app, 'online', running.online, running.instances)] : []),
    ...(recorded!.digest === wanted.digest ? [] : [change(app, 'settings', 'of before', 'as in the file')]),
    ...(isStale(recorded!, found) ? [change(app, 'folder', 'of before', `what ${wanted.cwd} is now`)] : []),
  ];
  return { app, action: merged.length > 0 ? 'reload' : 'none', changes: merged };
}

function decideAway(params: Pm2Params, found: Probed, answers: Answers): Decisions {
  const { record, daemon } = found;
  if (isSettled(params, found)) return { apps: [], changes: [], record };
  const running = daemon.pid === null ? new Map<string, RunningApp>() : runningApps(params, answers);
  const names = knownNames(params, found, answers);
  const present = names.filter((name) => running.has(name));
  if (params.state === 'absent') {
    const apps = present.map((app): Decision => ({
      app,
      action: 'delete',
      changes: [change(app, 'state', 'there', null)],
    }));
    const changes = apps.flatMap((decision) => decision.changes);
    if (changes.length === 0 && record) changes.push(change(params.ecosystem, 'record', 'there', null));
    return { apps, changes, record: undefined };
  }
  const apps = present
    .filter((name) => running.get(name)!.online > 0)
    .map((app): Decision => ({ app, action: 'stop', changes: [change(app, 'state', 'running', 'stopped')] }));
  return { apps, changes: apps.flatMap((decision) => decision.changes), record };
}

/** Without a record and without the file only `name` says what is meant. */
function knownNames(params: Pm2Params, { record, sha256 }: Probed, answers: Answers): string[] {
  if (record) return record.apps.map(({ name }) => name);
  if (sha256 !== null) return wantedApps(params, answers).map(({ name }) => name);
  return params.name === undefined ? [] : [params.name];
}

function liveApps(record: RunRecord, { daemon }: Probed): RecordedApp[] {
  return record.apps.filter(({ name }) => processesOf(daemon, name).length > 0);
}

/** A process runs in what the configured folder was when it began: after a release the link leads elsewhere. */
function isStale({ name, cwd }: RecordedApp, { daemon, folders }: Probed): boolean {
  const real = folders.get(cwd);
  return (
    real !== undefined && real !== '' && processesOf(daemon, name).some((process) => process.cwd !== real)
  );
}

function removedKeys(app: string, recorded: RecordedApp, wanted: WantedApp): Change[] {
  const removed = recorded.keys.filter((key) => !wanted.keys.includes(key));
  return removed.map((key) => change(app, key, 'set', null));
}

function differs(subject: string, field: string, before: unknown, after: unknown): Change[] {
  return before === after ? [] : [change(subject, field, before, after)];
}

function reloaded(app: string): Change {
  return { ...change(app, 'state', 'running', 'reloaded'), kind: 'action' };
}

function change(subject: string, field: string, before: unknown, after: unknown): Change {
  return { subject, field, before, after };
}
