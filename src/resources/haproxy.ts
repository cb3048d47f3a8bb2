import type { Answers } from '../agent/query.js';
import type { Step } from '../agent/step.js';
import type { HaproxyParams } from './haproxy/params.js';
import { meantServers, type Server, serversQuery } from './haproxy/servers.js';
import { commandStep, TIMED_OUT, waitStep } from './haproxy/steps.js';
import { type Change, resource } from './resource.js';

const ADMIN = { enabled: 'ready', disabled: 'maint', drain: 'drain' } as const;

export const haproxy = resource<HaproxyParams>({
  name: 'haproxy',
  summary: 'Take a server out of a running HAProxy, or back in, through its socket.',
  schema: {
    type: 'object',
    additionalProperties: false,
    required: ['host', 'state'],
    properties: {
      host: {
        type: 'string',
        pattern: '^[\\w.:-]+$',
        description: 'The server, as it is called in the backend.',
      },
      state: {
        type: 'string',
        enum: ['enabled', 'disabled', 'drain'],
        description:
          'disabled: it gets no requests, those that it has are finished, and its health checks pause. drain: it gets no new clients, but those that HAProxy has bound to it (by a cookie or a stick table) still come; its health checks go on. enabled: it gets requests; after disabled only when its health checks have passed.',
      },
      backend: {
        type: 'string',
        pattern: '^[\\w.:-]+$',
        description: 'The backend. Left out: every one that has the server.',
      },
      socket: {
        type: 'string',
        pattern: '^/',
        default: '/run/haproxy/admin.sock',
        description: "HAProxy's socket, of the level admin.",
      },
      wait: {
        type: 'boolean',
        default: false,
        description:
          'Wait until a health check has found it well (enabled), or until it has no sessions any more (drain, disabled).',
      },
      wait_interval: {
        type: 'number',
        exclusiveMinimum: 0,
        default: 5,
        description: 'Seconds between two looks.',
      },
      wait_retries: {
        type: 'integer',
        minimum: 0,
        default: 25,
        description: 'How often to look again before the task fails. The result says timed_out then.',
      },
      drain: {
        type: 'boolean',
        default: false,
        description:
          'With disabled: drain it first, and disable it when it has no sessions any more or the time for waiting is over.',
      },
      shutdown_sessions: {
        type: 'boolean',
        default: false,
        description: 'With disabled: end the sessions that it still has.',
      },
      fail_on_not_found: {
        type: 'boolean',
        default: true,
        description:
          'Fail when HAProxy does not run or has no such server. With false there is nothing to do then (so in Ansible by default).',
      },
    },
  },

  queries: (params) => [serversQuery(params)],

  plan: (params, answers) =>
    meantServers(params, answers).flatMap((server) => [
      ...adminChange(params, server),
      ...(params.wait ? waitChange(params, server) : []),
    ]),

  apply(params, changes, answers) {
    const servers = meantServers(params, answers);
    const all = servers.map(({ name }) => name);
    const isDifferent = (name: string): boolean =>
      changes.some(({ subject, field }) => subject === name && field === 'state');
    const differing = all.filter(isDifferent);
    const { state, wait, drain, shutdown_sessions: shutdown } = params;
    const set = (names: readonly string[], to: string): Step[] =>
      names.length === 0
        ? []
        : [
            commandStep(
              params,
              names.map((name) => `set server ${name} state ${to}`),
            ),
          ];
    const ends = state === 'disabled' && shutdown;
    return [
      ...(state === 'disabled' && drain && differing.length > 0
        ? [...set(differing, 'drain'), waitStep(params, 'idle', { servers: differing, goOn: true })]
        : []),
      ...(state === 'enabled'
        ? enableSteps(
            params,
            servers.filter(({ name }) => isDifferent(name)),
          )
        : set(differing, ADMIN[state])),
      ...(ends
        ? [
            commandStep(
              params,
              all.map((name) => `shutdown sessions server ${name}`),
            ),
          ]
        : []),
      ...(wait ? [waitStep(params, state === 'enabled' ? 'up' : 'idle', { servers: all, goOn: false })] : []),
    ];
  },

  result: (params, answers, outputs) => ({
    servers: names(params, answers),
    timed_out: outputs.at(-1)?.rc === TIMED_OUT,
  }),
});

function adminChange({ state }: HaproxyParams, { name, admin, cookie }: Server): Change[] {
  if (admin === ADMIN[state]) return [];
  const stays = state === 'drain' && cookie !== '' ? '; clients with its cookie still come' : '';
  return [{ subject: name, field: 'state', before: admin, after: `${ADMIN[state]}${stays}` }];
}

/**
 * No checks are made of a server in maintenance, and HAProxy takes one that leaves it for well. So it is DOWN first, until checks
 * have passed. That has to be said while it drains: what is known of its health is forgotten when it leaves maintenance. In one line,
 * for in between clients with its cookie would be let in.
 */
function enableSteps(params: HaproxyParams, servers: readonly Server[]): Step[] {
  if (servers.length === 0) return [];
  return [
    commandStep(
      params,
      servers.map(({ name, admin, checked }) =>
        [
          ...(admin === 'maint' && checked
            ? [`set server ${name} state drain`, `set server ${name} health down`]
            : []),
          `set server ${name} state ready`,
        ].join(';'),
      ),
    ),
  ];
}

/** What is waited for does not hold yet. A server without a health check is well by definition. */
function waitChange({ state }: HaproxyParams, { name, sessions, status, check }: Server): Change[] {
  if (state !== 'enabled')
    return sessions === 0
      ? []
      : [{ subject: name, field: 'sessions', before: sessions, after: 0, kind: 'action' }];
  const well = status === 'no check' || (status === 'UP' && /^(\* )?L[467]OK/.test(check));
  return well ? [] : [{ subject: name, field: 'status', before: status, after: 'UP' }];
}

function names(params: HaproxyParams, answers: Answers): string[] {
  return meantServers(params, answers).map(({ name }) => name);
}
