/** `mysql_user` is exported as `mysqlUser`. */
export function variableName(name: string): string {
  return name.replace(/_(\w)/g, (_match, letter: string) => letter.toUpperCase());
}

/** A resource that works: it keeps a marker file. What it does is to be replaced, how it is built is not. */
export function skeletonSource(name: string): string {
  return `import type { FileQuery } from '../agent/query.js';
import { hostPathSchema } from './filesystem/paths.js';
import { resource, type Resource } from './resource.js';

interface Params {
  readonly path: string;
  readonly state: 'present' | 'absent';
}

export const ${variableName(name)}: Resource = resource<Params>({
  name: '${name}',
  summary: 'One line for the reference.',
  schema: {
    type: 'object',
    additionalProperties: false,
    required: ['path'],
    properties: {
      path: { ...hostPathSchema, description: 'what it is about' },
      state: { enum: ['present', 'absent'], default: 'present', description: 'whether it is there' },
    },
  },

  queries: (params) => [fileQuery(params)],

  plan(params, answers) {
    const { exists } = answers.get<'file'>(fileQuery(params));
    if (exists === (params.state === 'present')) return [];
    const [before, after] = exists ? ['present', null] : [null, 'present'];
    return [{ subject: params.path, field: 'state', before, after }];
  },

  apply: (params) => [{ kind: 'run', argv: [params.state === 'present' ? 'touch' : 'rm', '--', params.path] }],
});

function fileQuery({ path }: Params): FileQuery {
  return { kind: 'file', path };
}
`;
}

/** One case of every kind that the runner asks for. */
export function skeletonCases(): Record<string, string> {
  const query = { kind: 'file', path: '/etc/example' };
  const subject = '/etc/example';
  const cases = {
    'in-sync.json': {
      description: 'it is there',
      kind: 'in-sync',
      params: { path: subject },
      answers: [{ query, answer: {} }],
    },
    'create.json': {
      description: 'it is made',
      kind: 'create',
      params: { path: subject },
      answers: [{ query, answer: { exists: false } }],
      expect: {
        changes: [{ subject, field: 'state', before: null, after: 'present' }],
        steps: [{ kind: 'run', argv: ['touch', '--', subject] }],
      },
    },
    'change.json': {
      description: 'it goes',
      kind: 'change',
      params: { path: subject, state: 'absent' },
      answers: [{ query, answer: {} }],
      expect: {
        changes: [{ subject, field: 'state', before: 'present', after: null }],
        steps: [{ kind: 'run', argv: ['rm', '--', subject] }],
      },
    },
    'wrong-input.json': {
      description: 'a word that is none',
      kind: 'wrong-input',
      params: { path: subject, state: 'presnt' },
      expect: { error: 'did you mean "present"?' },
    },
  };
  return Object.fromEntries(
    Object.entries(cases).map(([file, one]) => [file, `${JSON.stringify(one, null, 2)}\n`]),
  );
}

/** The registry with one more import and one more entry, each in its place by file name. */
export function withRegistration(registry: string, name: string): string {
  const variable = variableName(name);
  const lines = registry.split('\n');
  insertSorted(
    lines,
    `import { ${variable} } from './${name}.js';`,
    /^import \{ \w+ \} from '\.\/(\w+)\.js';$/,
    name,
  );
  insertSorted(lines, `  ${variable},`, /^ {2}(\w+),$/, variable);
  return lines.join('\n');
}

function insertSorted(lines: string[], line: string, pattern: RegExp, key: string): void {
  const places = lines.flatMap((one, index) => {
    const found = pattern.exec(one)?.[1];
    return found === undefined ? [] : [{ index, found }];
  });
  const next = places.find(({ found }) => found > key);
  const index = next?.index ?? (places.at(-1)?.index ?? -1) + 1;
  lines.splice(index, 0, line);
}
