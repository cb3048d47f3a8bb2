import { check } from './check.js';
import { everyHost } from './every-host.js';

export const sysctl = check<{ readonly name: string; readonly value: string | number }>({
  name: 'sysctl',
  summary: 'A kernel setting has a value now.',
  schema: {
    type: 'object',
    additionalProperties: false,
    required: ['name', 'value'],
    properties: {
      name: {
        type: 'string',
        pattern: '^[\\w./-]+$',
        description: 'The setting, for example net.ipv4.ip_forward.',
      },
      value: { type: ['string', 'number'], description: 'Its value.' },
    },
  },
  queries: ({ name }) => [{ kind: 'sysctl', name }],
  verdict: ({ name, value }, answers) =>
    everyHost(answers, (known) => {
      const seen = known.get<'sysctl'>({ kind: 'sysctl', name }).value;
      if (seen === null)
        return { ok: false, message: `the kernel has no setting ${name}, expected ${value}` };
      // Several numbers are set with blanks and read with tabs between them.
      const [left, right] = [seen, String(value)].map((text) => text.trim().replace(/\s+/g, ' '));
      return left === right
        ? { ok: true, message: `${name} is ${left}` }
        : { ok: false, message: `${name} is ${left}, expected ${right}` };
    }),
});
