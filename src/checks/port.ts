import type { Answers, ListenAnswer } from '../agent/query.js';
import { check } from './check.js';
import { everyHost, verdictOf } from './every-host.js';

export interface PortParams {
  readonly port: number;
  readonly protocol?: 'tcp' | 'udp';
  readonly address?: string;
  readonly state?: 'listening' | 'closed';
  readonly process?: string;
}

type Socket = ListenAnswer['sockets'][number];

export const port = check<PortParams>({
  name: 'port',
  summary: 'A port is listened on, or is not.',
  freeForm: 'port',
  schema: {
    type: 'object',
    additionalProperties: false,
    required: ['port'],
    properties: {
      port: { type: 'integer', minimum: 1, maximum: 65535, description: 'The port.' },
      protocol: { type: 'string', enum: ['tcp', 'udp'], default: 'tcp', description: 'The protocol.' },
      address: {
        type: 'string',
        minLength: 1,
        description: 'The very address that is listened on: 0.0.0.0 or * for all. Left out: any.',
      },
      state: {
        type: 'string',
        enum: ['listening', 'closed'],
        default: 'listening',
        description: 'closed: nothing listens there.',
      },
      process: { type: 'string', minLength: 1, description: 'The name of the program that listens.' },
    },
  },
  queries: () => [{ kind: 'listen' }],
  verdict: (params, answers) => everyHost(answers, (known) => judge(params, known)),
});

function judge(params: PortParams, answers: Answers): { ok: boolean; message: string } {
  const protocol = params.protocol ?? 'tcp';
  const { sockets } = answers.get<'listen'>({ kind: 'listen' });
  const onPort = sockets.filter((socket) => socket.protocol === protocol && socket.port === params.port);
  const closed = params.state === 'closed';
  const there = onPort.filter(({ address }) => matches(address, params.address, closed));
  const subject = `${protocol} port ${params.port}${params.address === undefined ? '' : ` of ${params.address}`}`;
  if (closed) {
    return verdictOf(
      there.map((socket) => `${describe(socket)}, expected nothing there`),
      `nothing listens on ${subject}`,
    );
  }
  if (there.length === 0) {
    const others = onPort.map(({ address }) => address);
    const ports = [
      ...new Set(sockets.filter((socket) => socket.protocol === protocol).map((socket) => socket.port)),
    ];
    const seen =
      others.length > 0
        ? `only on ${others.join(', ')}`
        : `${protocol} ports that are listened on: ${ports.sort((a, b) => a - b).join(', ') || 'none'}`;
    return { ok: false, message: `nothing listens on ${subject} (${seen})` };
  }
  const wrong = there
    .filter(
      (socket) => params.process !== undefined && socket.process !== '' && socket.process !== params.process,
    )
    .map((socket) => `${describe(socket)}, expected ${params.process}`);
  return verdictOf(wrong, there.map(describe).join('; '));
}

function describe({ process, protocol, port, address }: Socket): string {
  return `${process || 'something'} listens on ${protocol} ${address.includes(':') ? `[${address}]` : address}:${port}`;
}

/** What listens on all addresses also takes what comes to a particular one: that counts when it shall be closed. */
function matches(seen: string, wanted: string | undefined, closed: boolean): boolean {
  if (wanted === undefined || seen === wanted) return true;
  return isAny(seen) && (isAny(wanted) || closed);
}

function isAny(address: string): boolean {
  return address === '*' || address === '0.0.0.0' || address === '::';
}
