import regexp from 'eslint-plugin-regexp';
import tseslint from 'typescript-eslint';

// The rooms of src/, highest first. A file may import from its own room and from rooms below it.
const rooms = [
  'cli',
  'reporters',
  'controller',
  'checks',
  'resources',
  'playbook',
  'inventory',
  'variables',
  'template',
  'agent',
  'transport',
  'regexp',
];
// Rooms that stand beside each other and must not see each other.
const apart = {
  reporters: [
    'controller',
    'checks',
    'resources',
    'playbook',
    'inventory',
    'variables',
    'template',
    'agent',
    'transport',
    'regexp',
  ],
};
// The rehearsal cluster is used by the CLI alone and knows nothing of playbooks or of the agent.
const cluster = ['vagrant', 'cli', 'reporters', 'controller', 'checks', 'resources', 'playbook', 'agent'];

const forbid = (names) => ({
  'no-restricted-imports': [
    'error',
    {
      patterns: names.map((name) => ({
        group: [`../${name}/*`, `../../${name}/*`, '../cli.js'],
        message: 'Imports go one way, downwards: see docs/architecture.md.',
      })),
    },
  ],
});

// By the dots of its cut the rest of a secret is known for what it is.
const ownCut = {
  selector:
    'TemplateLiteral[quasis.1.value.raw=/^(\\.{3}|…)/] > CallExpression[callee.property.name=/^(slice|substring|substr)$/]',
  message: 'Texts are shortened by cut() of src/cut.ts.',
};
// What people read goes through one writer.
const directWrites = [
  {
    selector: "CallExpression[callee.property.name='write'][callee.object.property.name=/^std(out|err)$/]",
    message: 'say, complain or sayJson (cli/say.ts), or a writer (reporters/writer.ts).',
  },
  {
    selector: "CallExpression[callee.property.name='write'][callee.object.name='out']",
    message: 'A writer (reporters/writer.ts).',
  },
];

export default tseslint.config(
  {
    ignores: [
      'dist',
      'coverage',
      'examples',
      'node_modules',
      'roles',
      'vagrant',
      '**/*.js',
      '**/*.cjs',
      '**/*.mjs',
    ],
  },
  ...tseslint.configs.strict,
  {
    files: ['**/*.ts'],
    languageOptions: {
      parserOptions: { project: './tsconfig.test.json', tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': 'error',
      '@typescript-eslint/await-thenable': 'error',
      '@typescript-eslint/return-await': ['error', 'in-try-catch'],
      '@typescript-eslint/only-throw-error': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_' }],
      'no-console': 'error',
    },
  },
  // What hosts say goes through expressions: none may take longer than its text is long.
  {
    files: ['agent', 'resources', 'checks', 'controller', 'reporters', 'transport'].map(
      (room) => `src/${room}/**/*.ts`,
    ),
    plugins: { regexp },
    rules: { 'regexp/no-super-linear-backtracking': 'error' },
  },
  ...rooms.map((room, index) => ({
    files: [`src/${room}/**/*.ts`],
    rules: forbid([
      ...rooms.slice(0, index),
      ...(apart[room] ?? []),
      ...(room === 'cli' ? [] : ['cluster', 'vagrant']),
    ]),
  })),
  // Below all of them.
  { files: ['src/trust/**/*.ts'], rules: forbid([...rooms, 'cluster', 'vagrant']) },
  { files: ['src/cluster/**/*.ts'], rules: forbid(cluster) },
  // What hosts and services say may be nested a million levels deep.
  {
    files: ['src/agent/**/*.ts', 'src/resources/**/*.ts', 'src/checks/**/*.ts', 'src/inventory/**/*.ts'],
    ignores: ['src/checks/http_sequence.ts'],
    rules: {
      'no-restricted-properties': [
        'error',
        { object: 'JSON', property: 'parse', message: 'Use parseForeignJson of src/foreign-json.ts.' },
      ],
    },
  },
  // So are Vagrant's machines, which share addresses and programs with it.
  { files: ['src/vagrant/**/*.ts'], rules: forbid(cluster.slice(1)) },
  { files: ['src/**/*.ts'], ignores: ['src/cut.ts'], rules: { 'no-restricted-syntax': ['error', ownCut] } },
  {
    files: ['src/cli/**/*.ts', 'src/cli.ts', 'src/reporters/**/*.ts'],
    ignores: ['src/reporters/writer.ts', 'src/cli/say.ts'],
    rules: {
      // A text with colours in a plain template would have them taken for a field's control characters: text`…` it is.
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      'no-restricted-syntax': ['error', ownCut, ...directWrites],
    },
  },
  { files: ['test/**/*.ts'], rules: { '@typescript-eslint/no-unused-expressions': 'off' } },
);
