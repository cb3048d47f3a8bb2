import { existsSync, readdirSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { expect } from 'chai';
import { Answers, queryKey, type Answer, type Query } from '../../src/agent/query.js';
import type { Step } from '../../src/agent/step.js';
import { MissingPrerequisiteError, ProvisionError } from '../../src/errors.js';
import { resources } from '../../src/resources/index.js';
import type { Change, Resource } from '../../src/resources/resource.js';
import { validate, withDefaults } from '../../src/schema.js';
import { readCases, type Case } from './case.js';

const ROOT = import.meta.dirname;
const REQUIRED = ['in-sync', 'create', 'change', 'wrong-input'] as const;

describe('resources', () => {
  for (const resource of resources.values()) {
    describe(resource.name, () => {
      const folder = join(ROOT, resource.name);
      const { cases, without } = existsSync(folder) ? readCases(folder) : { cases: [], without: {} };
      it('has a case of every kind', () => {
        const kinds = new Set<string>([...cases.map((one) => one.kind), ...Object.keys(without)]);
        expect(
          REQUIRED.filter((kind) => !kinds.has(kind)),
          `kinds of case that test/resources/${resource.name} lacks`,
        ).to.deep.equal([]);
      });
      it('describes itself and every parameter', () => {
        expect(resource.summary).to.match(/\.$/);
        // set_fact takes any name: its keys are the user's own.
        expect(resource.schema.additionalProperties).to.equal(resource.name === 'set_fact');
        const mute = Object.entries(resource.schema.properties ?? {}).filter(
          ([, schema]) => !schema.description,
        );
        expect(
          mute.map(([name]) => name),
          'parameters without a description',
        ).to.deep.equal([]);
      });
      for (const one of cases) {
        it(`${one.kind}: ${one.description} (${basename(one.file, '.json')})`, () => runCase(resource, one));
      }
    });
  }

  it('has no cases of resources that do not exist', () => {
    const folders = readdirSync(ROOT).filter((name) => statSync(join(ROOT, name)).isDirectory());
    expect(folders.filter((name) => hasCases(name) && !resources.has(name))).to.deep.equal([]);
  });
});

function hasCases(folder: string): boolean {
  return readdirSync(join(ROOT, folder)).some((name) => name.endsWith('.json'));
}

function runCase(resource: Resource, one: Case): void {
  const problems = validate(resource.schema, one.params).map((problem) =>
    [...problem.path, problem.message].join(' '),
  );
  if (one.kind === 'wrong-input') {
    expect(problems, 'the schema accepts it').not.to.deep.equal([]);
    expect(problems.join('\n')).to.contain(one.expect.error ?? '');
    return;
  }
  expect(problems, 'the schema refuses the parameters').to.deep.equal([]);
  const params = freeze(withDefaults(resource.schema, one.params));
  if (one.kind === 'error') {
    const error = thrown(() => resource.plan(params, ask(resource, params, one)));
    expect(one.expect.error, 'an error case says what the error contains')
      .to.be.a('string')
      .and.not.equal('');
    expect(error).to.be.instanceOf(ProvisionError);
    expect(error?.message).to.contain(one.expect.error);
    expect(error instanceof MissingPrerequisiteError, 'a missing prerequisite').to.equal(
      one.expect.missing ?? false,
    );
    const { hint, detail } = error as ProvisionError;
    if (one.expect.hint !== undefined) expect(hint).to.contain(one.expect.hint);
    if (one.expect.detail) expect(detail).to.deep.equal(one.expect.detail);
    return;
  }
  const answers = ask(resource, params, one);
  const changes = resource.plan(params, answers);
  expect(resource.plan(params, answers), 'the plan depends on more than its arguments').to.deep.equal(
    changes,
  );
  checkPreparation(resource, { one, params, answers, changes });
  const steps = checkPlan(resource, { one, params, answers, changes });
  if (one.expect.result) {
    const outputs = one.outputs ?? steps.map(() => ({ rc: 0, stdout: '', stderr: '' }));
    expect(resource.result?.(params, answers, outputs)).to.deep.equal(one.expect.result);
  }
}

interface Planned {
  readonly one: Case;
  readonly params: Readonly<Record<string, unknown>>;
  readonly answers: Answers;
  readonly changes: readonly Change[];
}

/** What a run does before it plans, where it does something. */
function checkPreparation(resource: Resource, { one, params, answers }: Planned): void {
  const wanted = one.expect.preparation;
  const preparation = resource.prepare?.(params, answers);
  expect(preparation === undefined, 'nothing goes before the plan').to.equal(wanted === undefined);
  if (!preparation || !wanted) return;
  expect(preparation.changes).to.deep.equal(wanted.changes);
  expect(preparation.steps.map((step, index) => visible(step, wanted.steps[index]))).to.deep.equal(
    wanted.steps,
  );
}

/** In sync: nothing differs and nothing is expected to be done. Else: what differs, and how it is mended. */
function checkPlan(resource: Resource, { one, params, answers, changes }: Planned): readonly Step[] {
  if (one.kind === 'in-sync') {
    expect(changes, 'in sync').to.deep.equal([]);
    expect(one.expect.changes ?? [], 'an in-sync case expects no changes').to.deep.equal([]);
    expect(one.expect.steps ?? [], 'an in-sync case expects no steps').to.deep.equal([]);
    return [];
  }
  expect(changes, 'a plan that is empty has no steps').not.to.deep.equal([]);
  expect(one.expect, 'says what changes and how').to.include.keys('changes', 'steps');
  expect(changes).to.deep.equal(one.expect.changes);
  const steps = resource.apply(params, changes, answers);
  expect(
    resource.apply(params, changes, answers),
    'the steps depend on more than the arguments',
  ).to.deep.equal(steps);
  const wanted = one.expect.steps!;
  expect(steps.map((step, index) => visible(step, wanted[index]))).to.deep.equal(wanted);
  return steps;
}

/** The code of a script, what is said of it and the environment are compared only where the case has them. */
function visible(step: Step, wanted: Partial<Step> | undefined): Partial<Step> {
  return Object.fromEntries(
    Object.entries(step).filter(
      ([key]) => !['code', 'does', 'env'].includes(key) || (wanted && key in wanted),
    ),
  );
}

/**
 * Answer what the resource asks, round after round. It gets the answers to what it asked and no others, so reading
 * something that was not asked throws, and an answer that is never asked for is a mistake of the case.
 */
function ask(resource: Resource, params: Readonly<Record<string, unknown>>, one: Case): Answers {
  const prepared = new Map(one.answers.map(([query, answer]) => [queryKey(query), answer]));
  const asked = new Map<string, Answer>();
  const all = new Map<string, Query>();
  for (let round = 0; ; round += 1) {
    expect(round, 'queries() never stops asking').to.be.lessThan(50);
    const queries = resource.queries(params, new Answers(new Map(asked)));
    const fresh = queries.filter((query) => !asked.has(queryKey(query)));
    if (fresh.length === 0) break;
    for (const query of fresh) {
      const answer = prepared.get(queryKey(query)) ?? prepared.get(queryKey(withoutCode(query)));
      expect(answer, `the case has no answer for ${queryKey(query)}`).not.to.equal(undefined);
      asked.set(queryKey(query), answer!);
      all.set(queryKey(query), query);
    }
  }
  const used = new Set([...all.values()].flatMap((query) => [queryKey(query), queryKey(withoutCode(query))]));
  expect(
    [...prepared.keys()].filter((key) => !used.has(key)),
    'answers that nothing asked for',
  ).to.deep.equal([]);
  if (one.expect.queries) expect([...all.values()]).to.have.deep.members([...one.expect.queries]);
  return new Answers(asked);
}

/** A case may name a script by its arguments alone. */
function withoutCode(query: Query): Query {
  if (query.kind !== 'script') return query;
  return Object.fromEntries(Object.entries(query).filter(([key]) => key !== 'code')) as unknown as Query;
}

function thrown(action: () => unknown): Error | undefined {
  try {
    action();
  } catch (error) {
    // A failed expectation is the test's own.
    if (error instanceof Error && error.name !== 'AssertionError') return error;
    throw error;
  }
  return undefined;
}

function freeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Buffer.isBuffer(value)) {
    Object.values(value).forEach(freeze);
    Object.freeze(value);
  }
  return value;
}
