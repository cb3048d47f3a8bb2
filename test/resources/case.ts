import { createHash } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Answer, Query } from '../../src/agent/query.js';
import type { Step, StepOutput } from '../../src/agent/step.js';
import type { Change } from '../../src/resources/resource.js';

/**
 * One file of test/resources/<resource>/: params and what is asked of a host in, changes and steps out. What a case may
 * leave out and how it writes bytes is said in docs/adding-a-resource.md.
 */
export interface Case {
  readonly file: string;
  readonly description: string;
  readonly kind: Kind;
  readonly params: Readonly<Record<string, unknown>>;
  readonly answers: readonly (readonly [Query, Answer])[];
  readonly outputs: readonly StepOutput[] | undefined;
  readonly expect: {
    readonly queries?: readonly Query[];
    readonly changes?: readonly Change[];
    readonly steps?: readonly Partial<Step>[];
    readonly result?: Readonly<Record<string, unknown>>;
    /** what goes before the plan; left out: nothing does */
    readonly preparation?: { readonly changes: readonly Change[]; readonly steps: readonly Partial<Step>[] };
    readonly error?: string;
    /** a part of what the error advises, and of each line that it shows */
    readonly hint?: string;
    readonly detail?: readonly string[];
    /** the error is that something is missing which an earlier task might make */
    readonly missing?: boolean;
  };
}

export type Kind = 'in-sync' | 'create' | 'change' | 'absent' | 'wrong-input' | 'error';

/** The cases of a resource and, by kind, why it has none of that kind (without.json). */
export function readCases(folder: string): { cases: Case[]; without: Readonly<Record<string, string>> } {
  const files = readdirSync(folder)
    .filter((name) => name.endsWith('.json'))
    .sort();
  const cases = files.filter((name) => name !== 'without.json').map((name) => readCase(join(folder, name)));
  const without = files.includes('without.json') ? readJson(join(folder, 'without.json')) : {};
  return { cases, without: without as Readonly<Record<string, string>> };
}

function readCase(file: string): Case {
  const raw = readJson(file) as Record<string, unknown>;
  const expected = decode(raw['expect'] ?? {}) as Case['expect'];
  const pairs = (decode(raw['answers'] ?? []) as { query: Query; answer: Record<string, unknown> }[]).map(
    ({ query, answer }) => [query, completeAnswer(query, answer)] as const,
  );
  return {
    file,
    description: String(raw['description']),
    kind: raw['kind'] as Kind,
    params: decode(raw['params'] ?? {}) as Case['params'],
    answers: pairs,
    outputs: (raw['outputs'] as Partial<StepOutput>[] | undefined)?.map((output) => ({
      rc: 0,
      stdout: '',
      stderr: '',
      ...output,
    })),
    expect: { ...expected, ...(expected.steps ? { steps: expected.steps.map(completeStep) } : {}) },
  };
}

function readJson(file: string): unknown {
  return JSON.parse(readFileSync(file, 'utf8'));
}

/** `{"$buffer": "text"}`, `{"$base64": "…"}` and `{"$sha256": "text or bytes"}` become bytes, bytes and the hash in hex. */
function decode(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(decode);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value);
  const [[key, given] = ['', '']] = entries;
  if (entries.length === 1 && key === '$buffer') return Buffer.from(String(given), 'utf8');
  if (entries.length === 1 && key === '$base64') return Buffer.from(String(given), 'base64');
  if (entries.length === 1 && key === '$sha256')
    return createHash('sha256')
      .update(bytes(decode(given)))
      .digest('hex');
  return Object.fromEntries(entries.map(([name, one]) => [name, decode(one)]));
}

const FILE = {
  exists: true,
  type: 'file',
  mode: 0o644,
  uid: 0,
  gid: 0,
  owner: 'root',
  group: 'root',
  size: 0,
  mtime: 0,
  ctime: 0,
  inode: 1,
};
const COMMAND = { rc: 0, stdout: '', stderr: '' };

/** What every answer of a kind has unless the case says otherwise. */
const usual: Readonly<Partial<Record<Query['kind'], object>>> = {
  file: FILE,
  unit: {
    load: 'loaded',
    active: 'active',
    sub: 'running',
    enabled: 'enabled',
    mainPid: 1,
    needReload: false,
    restarts: 0,
  },
  user: {
    exists: true,
    uid: 1000,
    gid: 1000,
    group: 'users',
    groups: [],
    comment: '',
    home: '/',
    shell: '/bin/sh',
    password: null,
  },
  group: { exists: true, gid: 1000, members: [] },
  command: COMMAND,
  script: COMMAND,
  'local-file': { mode: 0o644 },
};

function completeAnswer(query: Query, given: Record<string, unknown>): Answer {
  if (given['exists'] === false) return given as unknown as Answer;
  const id = query.kind === 'unit' ? { id: query.name } : {};
  const answer: Record<string, unknown> = { ...id, ...usual[query.kind], ...octal(given) };
  if ((query.kind === 'content' || query.kind === 'local-file') && answer['content'] !== undefined) {
    answer['content'] = bytes(answer['content']);
  }
  if (query.kind === 'local-tree') {
    answer['entries'] = (answer['entries'] as Record<string, unknown>[]).map((entry) => ({
      type: 'file',
      mode: entry['type'] === 'directory' ? 0o755 : 0o644,
      ...octal(entry),
      ...(entry['content'] === undefined ? {} : { content: bytes(entry['content']) }),
    }));
  }
  return answer as unknown as Answer;
}

function completeStep(given: Partial<Step>): Partial<Step> {
  // What chmod takes stays as it is.
  if (given.kind === 'attributes' || given.kind === 'recurse') return given;
  const step = octal(given as Record<string, unknown>);
  return (step['kind'] === 'write' ? { ...step, content: bytes(step['content']) } : step) as Partial<Step>;
}

/** JSON has no octal numbers: a mode is written "0644". */
function octal(object: Record<string, unknown>): Record<string, unknown> {
  const mode = object['mode'];
  return typeof mode === 'string' ? { ...object, mode: Number.parseInt(mode, 8) } : object;
}

function bytes(value: unknown): Buffer {
  return Buffer.isBuffer(value) ? value : Buffer.from(String(value), 'utf8');
}
