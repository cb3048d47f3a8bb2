import type { Step } from '../agent/step.js';
import { decide, isSettled } from './pm2/decide.js';
import { ecosystemQuery, scriptsQuery } from './pm2/ecosystem.js';
import type { Pm2Params } from './pm2/params.js';
import { probeQuery, probed, recordPath } from './pm2/probe.js';
import { formatRecord } from './pm2/record.js';
import { defaultLogs, listQuery, pm2Step, startStep } from './pm2/run-pm2.js';
import { resource } from './resource.js';

export const pm2 = resource<Pm2Params>({
  name: 'pm2',
  summary: 'Keep the apps of a PM2 ecosystem file running, as the user who owns them (become_user).',
  schema: {
    type: 'object',
    additionalProperties: false,
    required: ['ecosystem', 'pm2_home'],
    properties: {
      ecosystem: {
        type: 'string',
        pattern: '^/.*\\.(c?js|json)$',
        description: 'The ecosystem file on the host (.cjs, .js or .json).',
      },
      pm2_home: { type: 'string', pattern: '^/.*[^/]$', description: "PM2_HOME of the user's daemon." },
      name: { type: 'string', minLength: 1, description: 'Only this app of the file.' },
      state: {
        type: 'string',
        enum: ['started', 'reloaded', 'stopped', 'absent'],
        default: 'started',
        description:
          'reloaded: as started, and those that run are reloaded without a gap (for handlers and releases).',
      },
      executable: {
        type: 'string',
        pattern: '^/',
        description: 'The path of pm2. Default: the one in PATH.',
      },
    },
  },

  // The first round costs no Node start. Only when it finds a difference are the file evaluated and PM2 asked.
  queries(params, known) {
    const first = probeQuery(params);
    if (!known.has(first)) return [first];
    const found = probed(params, known);
    if (isSettled(params, found)) return [first];
    const away = params.state === 'stopped' || params.state === 'absent';
    const evaluate = found.sha256 !== null && !(away && found.record);
    const scripts = away ? undefined : scriptsQuery(params, known);
    return [
      first,
      ...(evaluate ? [ecosystemQuery(params)] : []),
      ...(scripts ? [scripts] : []),
      ...(found.daemon.pid === null ? [] : [listQuery(params)]),
    ];
  },

  plan: (params, answers) => decide(params, answers).changes,

  apply(params, _changes, answers) {
    const { apps, record } = decide(params, answers);
    const steps = apps.flatMap(({ app, action, logs = defaultLogs(params, app) }): Step[] => {
      const only = [params.ecosystem, '--only', app];
      switch (action) {
        case 'start':
          return [startStep(params, { app, logs }, 'start', ...only)];
        case 'replace':
          return [pm2Step(params, 'delete', app), startStep(params, { app, logs }, 'start', ...only)];
        case 'reload':
          // --force: a run that was killed during a reload leaves a lock behind for 30 s.
          return [startStep(params, { app, logs }, 'reload', ...only, '--update-env', '--force')];
        case 'stop':
        case 'delete':
          return [pm2Step(params, action, app)];
        case 'none':
          return [];
      }
    });
    return [
      ...steps,
      // --force: an empty list is saved too, else a reboot would bring deleted apps back.
      ...(steps.length > 0 ? [pm2Step(params, 'save', '--force')] : []),
      record
        ? { kind: 'write', path: recordPath(params), content: Buffer.from(formatRecord(record)), mode: 0o600 }
        : { kind: 'remove', path: recordPath(params), what: 'file' },
    ];
  },

  result(params, answers) {
    const { apps, record } = decide(params, answers);
    return { apps: record?.apps.map(({ name }) => name) ?? apps.map(({ app }) => app) };
  },
});
