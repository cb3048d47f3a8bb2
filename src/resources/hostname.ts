import type { Query } from '../agent/query.js';
import type { Step } from '../agent/step.js';
import {
  wholeFileChanges,
  wholeFileQueries,
  wholeFileSteps,
  type WholeFile,
} from './filesystem/whole-file.js';
import { resource, type Resource } from './resource.js';

interface Params {
  readonly name: string;
}

const RUNNING = { kind: 'sysctl', name: 'kernel.hostname' } as const satisfies Query;

export const hostname: Resource = resource<Params>({
  name: 'hostname',
  summary: 'The host’s name, now and after a boot.',
  schema: {
    type: 'object',
    additionalProperties: false,
    required: ['name'],
    properties: {
      name: {
        type: 'string',
        pattern:
          '^[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?(\\.[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*$',
        maxLength: 64,
        description: 'the name. /etc/hosts is left alone',
      },
    },
  },

  queries: (params) => [RUNNING, ...wholeFileQueries(fileOf(params))],

  plan(params, answers) {
    const running = answers.get<'sysctl'>(RUNNING).value ?? '';
    return [
      ...(running === params.name
        ? []
        : [{ subject: 'hostname', field: 'running', before: running, after: params.name }]),
      ...wholeFileChanges(fileOf(params), answers),
    ];
  },

  apply(params, changes, answers) {
    // hostnamed tells those who watch; where it does not run (containers), the kernel is told itself.
    const code = 'hostnamectl set-hostname "$1" 2>/dev/null || hostname "$1"';
    const running: Step[] = changes.some((change) => change.field === 'running')
      ? [{ kind: 'script', code, args: [params.name] }]
      : [];
    return [...wholeFileSteps(fileOf(params), changes, answers), ...running];
  },
});

function fileOf({ name }: Params): WholeFile {
  return { path: '/etc/hostname', content: Buffer.from(`${name}\n`) };
}
