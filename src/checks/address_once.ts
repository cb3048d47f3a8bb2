import type { CommandQuery } from '../agent/query.js';
import { check } from './check.js';

export const addressOnce = check<{ readonly address: string }>({
  name: 'address_once',
  summary: 'An address (a VIP) is on exactly one of the hosts that `on` names.',
  freeForm: 'address',
  schema: {
    type: 'object',
    additionalProperties: false,
    required: ['address'],
    properties: {
      address: {
        type: 'string',
        pattern: '^[0-9a-fA-F.:]+(/\\d+)?$',
        description: 'The address; a prefix length is ignored.',
      },
    },
  },
  queries: (params) => [query(params)],
  verdict(params, answers) {
    const { address } = params;
    const asked = [...answers].map(([host, known]) => ({ host, ...known.get<'command'>(query(params)) }));
    const unknown = asked.filter(({ rc }) => rc !== 0);
    if (unknown.length > 0) {
      const reasons = unknown.map(({ host, stderr }) => `${host}: ${stderr.trim()}`);
      return { ok: false, message: `cannot tell who has ${address}: ${reasons.join('; ')}` };
    }
    const holders = asked
      .filter(({ stdout }) => stdout.trim() !== '')
      .map(({ host, stdout }) => ({ host, on: deviceIn(stdout) }));
    const shown = holders.map(({ host, on }) => `${host} (${on})`).join(' and ');
    if (holders.length === 1) return { ok: true, message: `${address} is on ${shown} alone` };
    const all = asked.map(({ host }) => host).join(', ');
    return holders.length === 0
      ? { ok: false, message: `${address} is on none of ${all}, expected it on exactly one` }
      : {
          ok: false,
          message: `${address} is on ${shown} at the same time, expected it on exactly one of ${all}`,
        };
  },
});

function query({ address }: { readonly address: string }): CommandQuery {
  return { kind: 'command', argv: ['ip', '-o', 'address', 'show', 'to', address.replace(/\/\d+$/, '')] };
}

/** `2: eth0    inet 10.0.0.10/32 ...` */
function deviceIn(line: string): string {
  return /^\d+:\s+(\S+)/.exec(line.trim())?.[1] ?? '?';
}
