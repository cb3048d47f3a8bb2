import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { expect } from 'chai';
import { Answers, queryKey, type Answer, type Query } from '../../src/agent/query.js';
import { checks } from '../../src/checks/index.js';
import type { Check } from '../../src/checks/check.js';
import { ProvisionError } from '../../src/errors.js';
import { validate, withDefaults } from '../../src/schema.js';

const ROOT = import.meta.dirname;
const REQUIRED = ['pass', 'fail', 'wrong-input'] as const;

/**
 * One file of test/checks/<check>/: parameters and what hosts answer in, verdict out. `answers` of one host is a list,
 * of several an object by host. A script query may leave out its code.
 */
interface Case {
  readonly description: string;
  readonly kind: (typeof REQUIRED)[number] | 'error';
  readonly params: Readonly<Record<string, unknown>>;
  readonly answers?: readonly Pair[] | Readonly<Record<string, readonly Pair[]>>;
  readonly expect: { readonly message?: string; readonly error?: string };
}
interface Pair {
  readonly query: Query;
  readonly answer: Record<string, unknown>;
}

describe('checks', () => {
  for (const check of checks.values()) {
    describe(check.name, () => {
      const cases = readCases(join(ROOT, check.name));
      it('has a case of every kind', () => {
        expect(REQUIRED.filter((kind) => !cases.some((one) => one.kind === kind))).to.deep.equal([]);
      });
      it('describes itself and every parameter', () => {
        expect(check.summary).to.match(/\.$/);
        expect(check.schema.additionalProperties).to.equal(false);
        const mute = Object.entries(check.schema.properties ?? {}).filter(
          ([, schema]) => !schema.description,
        );
        expect(mute.map(([name]) => name)).to.deep.equal([]);
      });
      for (const one of cases) {
        it(`${one.kind}: ${one.description} (${one.file})`, () => runCase(check, one));
      }
    });
  }

  it('has no cases of checks that do not exist', () => {
    const folders = readdirSync(ROOT).filter((name) => statSync(join(ROOT, name)).isDirectory());
    expect(folders.filter((name) => hasCases(name) && !checks.has(name))).to.deep.equal([]);
  });
});

function hasCases(folder: string): boolean {
  return readdirSync(join(ROOT, folder)).some((name) => name.endsWith('.json'));
}

function readCases(folder: string): (Case & { file: string })[] {
  if (!existsSync(folder)) return [];
  const files = readdirSync(folder).filter((name) => name.endsWith('.json'));
  return files.sort().map((name) => ({
    ...(JSON.parse(readFileSync(join(folder, name), 'utf8')) as Case),
    file: basename(name, '.json'),
  }));
}

function runCase(check: Check, one: Case): void {
  const problems = validate(check.schema, one.params).map(({ path, message }) =>
    [...path, message].join(' '),
  );
  if (one.kind === 'wrong-input') {
    expect(problems, 'the schema accepts it').not.to.deep.equal([]);
    expect(problems.join('\n')).to.contain(one.expect.error);
    return;
  }
  expect(problems, 'the schema refuses the parameters').to.deep.equal([]);
  const params = withDefaults(check.schema, one.params);
  if (one.kind === 'error') {
    expect(one.expect.error).to.be.a('string');
    expect(() => check.queries(params)).to.throw(ProvisionError, one.expect.error);
    return;
  }
  const byHost = Array.isArray(one.answers) ? { host: one.answers as Pair[] } : (one.answers ?? {});
  const answers = new Map(
    Object.entries(byHost).map(([host, pairs]) => [host, ask(check, params, pairs as Pair[])]),
  );
  const verdict = check.verdict(params, answers);
  expect(verdict).to.deep.equal({ ok: one.kind === 'pass', message: one.expect.message });
}

/** Answer what the check asks, round after round; what is never asked for is a mistake of the case. */
function ask(check: Check, params: Readonly<Record<string, unknown>>, pairs: readonly Pair[]): Answers {
  const prepared = new Map(pairs.map(({ query, answer }) => [queryKey(query), complete(query, answer)]));
  const asked = new Map<string, Answer>();
  const used = new Set<string>();
  for (let round = 0; ; round += 1) {
    expect(round, 'queries() never stops asking').to.be.lessThan(50);
    const known = new Answers(new Map(asked));
    const fresh = check.queries(params, known).filter((query) => !asked.has(queryKey(query)));
    if (fresh.length === 0) break;
    for (const query of fresh) {
      const key = [query, withoutCode(query)].map(queryKey).find((one) => prepared.has(one));
      expect(key, `the case has no answer for ${queryKey(query)}`).not.to.equal(undefined);
      asked.set(queryKey(query), prepared.get(key!)!);
      used.add(key!);
    }
  }
  expect(
    [...prepared.keys()].filter((key) => !used.has(key)),
    'answers that nothing asked for',
  ).to.deep.equal([]);
  return new Answers(asked);
}

function withoutCode(query: Query): Query {
  if (query.kind !== 'script') return query;
  return Object.fromEntries(Object.entries(query).filter(([key]) => key !== 'code')) as unknown as Query;
}

const usual: Readonly<Partial<Record<Query['kind'], object>>> = {
  command: { rc: 0, stdout: '', stderr: '' },
  script: { rc: 0, stdout: '', stderr: '' },
  unit: {
    load: 'loaded',
    active: 'active',
    sub: 'running',
    enabled: 'enabled',
    mainPid: 1,
    needReload: false,
    restarts: 0,
  },
  file: {
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
  },
};

/** JSON has neither octal numbers nor bytes: a mode is written "0644", content as text. */
function complete(query: Query, given: Record<string, unknown>): Answer {
  if (given['exists'] === false) return given as unknown as Answer;
  const { mode, content } = given;
  return {
    ...(query.kind === 'unit' ? { id: query.name } : {}),
    ...usual[query.kind],
    ...given,
    ...(typeof mode === 'string' ? { mode: Number.parseInt(mode, 8) } : {}),
    ...(typeof content === 'string' ? { content: Buffer.from(content) } : {}),
  } as unknown as Answer;
}
