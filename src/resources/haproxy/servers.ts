import type { Answers, ScriptQuery } from '../../agent/query.js';
import { MissingPrerequisiteError, TaskError } from '../../errors.js';
import { ASK } from './ask.js';
import type { HaproxyParams } from './params.js';
import { parseStatistics, placesOf } from './statistics.js';

/** A server of HAProxy at run time. */
export interface Server {
  /** `backend/server`, as HAProxy's commands want it */
  readonly name: string;
  /** what an administrator has said of it */
  readonly admin: 'ready' | 'drain' | 'maint';
  readonly sessions: number;
  /** UP, DOWN, `UP 1/3`, DRAIN, MAINT, `no check` … */
  readonly status: string;
  /** L7OK, L4CON …; empty without a health check */
  readonly check: string;
  /** its health checks are configured and switched on, though they may pause */
  readonly checked: boolean;
  /** the value that a client's cookie has to have for this server; empty without cookies */
  readonly cookie: string;
}

export function serversQuery({ socket }: HaproxyParams): ScriptQuery {
  return { kind: 'script', code: `socket=$1\n${ASK}\nask 'show servers state;show stat'`, args: [socket] };
}

/**
 * The servers that are meant.
 * @throws TaskError when there is none and one is needed, or HAProxy refuses to answer
 */
export function meantServers(params: HaproxyParams, answers: Answers): Server[] {
  const { socket, host, backend, fail_on_not_found: needed } = params;
  const { rc, stdout, stderr } = answers.get<'script'>(serversQuery(params));
  if (rc !== 0 && /No such file|Connection refused/.test(stderr)) {
    // Nothing is sent to a server by a load balancer that does not run.
    if (!needed) return [];
    throw new MissingPrerequisiteError(`HAProxy does not run here: nobody answers at ${socket}`, {
      hint: 'start it before this task; with fail_on_not_found: false this host is passed over',
    });
  }
  const servers = rc === 0 ? parseServers(stdout) : undefined;
  if (!servers) {
    throw new TaskError(`HAProxy does not answer at ${socket}`, {
      detail: [stderr, stdout]
        .join('\n')
        .split('\n')
        .filter((line) => line.trim() !== '')
        .slice(0, 5),
      hint: 'it needs a line "stats socket PATH level admin" below "global", and this user the right to write to it',
    });
  }
  const meant = servers.filter(({ name }) =>
    backend === undefined ? name.endsWith(`/${host}`) : name === `${backend}/${host}`,
  );
  if (meant.length > 0 || !needed) return meant;
  const known = servers.map(({ name }) => name).join(', ');
  throw new TaskError(`HAProxy has no server ${backend === undefined ? host : `${backend}/${host}`}`, {
    hint: `it has ${known || 'none'}; with fail_on_not_found: false this host is passed over`,
  });
}

/** Section 9.3 of HAProxy's management guide, "show servers state": forced maintenance and forced drain. */
const MAINT = 0x01;
const DRAIN = 0x08;
/** The same of `srv_check_state`: configured and enabled. */
const CHECKED = 0x06;

/**
 * Both answers: the statistics call a server that drains and is down "DOWN", so what the administrator wants is only in the
 * state.
 */
function parseServers(text: string): Server[] | undefined {
  const rows = parseStatistics(text.slice(Math.max(0, text.indexOf('# pxname,'))));
  const lines = text.split('\n').map((line) => line.trim());
  const columns = lines
    .find((line) => line.startsWith('# be_id '))
    ?.slice(2)
    .split(' ');
  if (!rows || !columns) return undefined;
  const places = placesOf(columns);
  const flags = new Map(
    lines.map((line): [string, { admin: number; check: number }] => {
      const fields = line.split(' ');
      const field = (name: string): string => fields[places.get(name) ?? -1] ?? '';
      return [
        `${field('be_name')}/${field('srv_name')}`,
        { admin: Number(field('srv_admin_state')), check: Number(field('srv_check_state')) },
      ];
    }),
  );
  return rows.map(({ backend, server, ...row }) => {
    const name = `${backend}/${server}`;
    const flag = flags.get(name) ?? { admin: 0, check: 0 };
    return {
      ...row,
      name,
      admin: (flag.admin & MAINT) !== 0 ? 'maint' : (flag.admin & DRAIN) !== 0 ? 'drain' : 'ready',
      checked: (flag.check & CHECKED) === CHECKED,
    };
  });
}
