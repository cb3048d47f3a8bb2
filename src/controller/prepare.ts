import { queryKey, Answers, type Answer, type Query } from '../agent/query.js';
import { cut } from '../cut.js';
import { ConfigurationError, type Position } from '../errors.js';
import type { TaskLabel } from '../events.js';
import type { Task } from '../playbook/model.js';
import type { Resource } from '../resources/resource.js';
import { coerce } from '../coerce.js';
import { didYouMean, validate, withDefaults, type Problem } from '../schema.js';
import { evaluate, renderValue } from '../template/render.js';
import type { Expression } from '../template/expression.js';
import type { Scope } from '../template/scope.js';
import { Template, type Loaded } from '../template/template.js';
import { noteSecrets } from '../variables/note-secrets.js';
import type { Secrets } from '../variables/secrets.js';
import { asProbe } from './probe.js';
import { HIDDEN, shownJson } from './shown.js';
import type { Place, PreparedTask, Unit, Work } from './unit.js';

/** What preparing a task may use of its host and run. */
export interface Preparation {
  readonly scopeFor: (task: Task) => Scope;
  readonly childScope: (scope: Scope, vars: Readonly<Record<string, unknown>>) => Scope;
  /** where a task's work is done, from its become and delegate_to */
  readonly placeOf: (task: Task, scope: Scope) => Place;
  readonly resources: ReadonlyMap<string, Resource>;
  readonly secrets: Secrets;
  /** answers local-file, local-tree and render queries; undefined for those that go to the host */
  readonly answerLocally: (query: Query, task: Task, scope: Scope) => Answer | undefined;
}

/**
 * Evaluate a task as far as it goes without asking the host.
 * @throws PendingValue when it touches a result or fact that is not there yet
 * @throws ConfigurationError for an undefined variable, a wrong type, a missing file
 */
export function prepareTask(task: Task, preparation: Preparation): PreparedTask {
  const scope = preparation.scopeFor(task);
  const base = { task, label: labelOf(task, scope), results: [], notify: [] };
  if (task.loop === undefined) {
    const unit = prepareUnit({ task, scope, label: base.label, item: undefined }, preparation);
    const notify = unit.skipped === undefined ? renderNames(task.notify, scope) : [];
    return { ...base, loop: false, units: [unit], skipped: unit.skipped, notify };
  }
  const units: Unit[] = [];
  const items = loopItems(task, scope);
  if ('refused' in items)
    return {
      ...base,
      loop: false,
      units: [skippedUnit(base.label, scope, items.refused)],
      skipped: items.refused,
    };
  for (const item of items) {
    const itemScope = preparation.childScope(scope, { [task.loopVar]: item });
    const label = { ...base.label, item: itemText(task, item, itemScope, preparation.secrets) };
    units.push(prepareUnit({ task, scope: itemScope, label, item }, preparation));
  }
  return { ...base, loop: true, units, skipped: undefined, notify: renderNames(task.notify, scope) };
}

function prepareUnit(
  given: { task: Task; scope: Scope; label: TaskLabel; item: unknown },
  preparation: Preparation,
): Unit {
  const { task, scope, label, item } = given;
  const refused = task.when.find((condition) => !isTrue(condition, scope));
  if (refused) return { ...skippedUnit(label, scope, refused.source), item };
  return { label, item, scope, skipped: undefined, work: prepareWork(task, scope, preparation) };
}

function skippedUnit(label: TaskLabel, scope: Scope, condition: string): Unit {
  return { label, item: undefined, scope, skipped: condition, work: undefined };
}

function prepareWork(task: Task, scope: Scope, preparation: Preparation): Work {
  const known = preparation.resources.get(task.module);
  if (!known) throw new ConfigurationError(`unknown module "${task.module}"`, { position: task.position });
  const environment = renderEnvironment(task, scope);
  const timeout = renderNumber(task.timeout, scope, 'timeout', task.position);
  const resource = asProbe(task, known, { environment, timeout });
  const params = renderParams(task, known, scope, preparation.secrets);
  const { local, queries } = splitQueries(resource, params, (query) =>
    preparation.answerLocally(query, task, scope),
  );
  return {
    resource,
    params,
    at: preparation.placeOf(task, scope),
    local,
    queries,
    environment,
    timeout,
    answers: undefined,
  };
}

/** Whether a condition holds. Only booleans count as such; anything else is taken as JavaScript takes it. */
export function isTrue(condition: Expression, scope: Scope): boolean {
  return Boolean(evaluate(condition, scope));
}

/** Whether a keyword that may be a template holds: ignore_errors, no_log. */
export function isTruthy(value: Loaded | undefined, scope: Scope): boolean {
  return value !== undefined && Boolean(renderValue(value, scope));
}

export function labelOf(task: Task, scope: Scope): TaskLabel {
  return { name: nameOf(task, scope), module: task.module, role: task.role?.name };
}

/** Names may hold templates of values that are not there yet: then the module's name must do. */
function nameOf(task: Task, scope: Scope): string {
  if (task.name === undefined) return task.module;
  if (typeof task.name === 'string') return task.name;
  try {
    return String(renderValue(task.name, scope));
  } catch {
    return task.name instanceof Template ? task.name.source : task.module;
  }
}

/** What a task or a check loops over. */
type Looping = Pick<Task, 'loop' | 'loopFlat' | 'when' | 'position'>;

/** The items, or the condition that keeps the task from needing them. */
export function loopItems(task: Looping, scope: Scope): readonly unknown[] | { readonly refused: string } {
  try {
    return evaluateItems(task, scope);
  } catch (error) {
    const refused = error instanceof ConfigurationError && refusedWithoutItem(task, scope);
    if (refused) return { refused };
    throw error;
  }
}

/** As in Ansible: what the loop is over may be there only if the condition holds. */
function refusedWithoutItem(task: Looping, scope: Scope): string | undefined {
  try {
    return task.when.find((condition) => !isTrue(condition, scope))?.source;
  } catch (error) {
    // It needs an item: what is wrong with the loop tells more.
    if (error instanceof ConfigurationError) return undefined;
    throw error;
  }
}

function evaluateItems(task: Looping, scope: Scope): readonly unknown[] {
  const items = renderLoop(task, scope);
  if (Array.isArray(items)) return items;
  throw new ConfigurationError(
    `loop must be a list, not ${typeof items === 'object' ? 'a mapping' : JSON.stringify(items)}`,
    {
      position: task.position,
      hint: 'for the entries of a mapping write loop: "<%= Object.entries(name) %>" and use item[0] and item[1]',
    },
  );
}

/** `with_items` takes lists in its list apart, and one value for a list of it, as in Ansible. */
function renderLoop(
  { loop, loopFlat }: { readonly loop: Loaded | undefined; readonly loopFlat: boolean },
  scope: Scope,
): unknown {
  const items = renderValue(loop!, scope);
  if (!loopFlat) return items;
  return Array.isArray(items) ? (items as readonly unknown[]).flat() : [items];
}

function itemText(task: Task, item: unknown, scope: Scope, secrets: Secrets): string {
  if (isTruthy(task.noLog, scope)) return HIDDEN;
  if (task.loopLabel !== undefined) return String(renderValue(task.loopLabel, scope));
  if (typeof item !== 'object' || item === null) return String(item);
  const name = (item as Record<string, unknown>)['name'];
  return cut(typeof name === 'string' ? secrets.redact(name) : shownJson(item, secrets), 60);
}

function renderParams(
  task: Task,
  resource: Resource,
  scope: Scope,
  secrets: Secrets,
): Record<string, unknown> {
  const given = withoutExpressions(task.args, resource);
  const rendered = renderValue(given, scope) ?? {};
  if (typeof rendered !== 'object' || Array.isArray(rendered)) {
    throw new ConfigurationError(`the arguments of ${task.module} must be a mapping`, {
      position: task.position,
    });
  }
  // A value that renders to null (`owner: "<%= x ?? null %>"`) is a parameter left out, as Ansible's omit.
  const params = coerce(
    resource.schema,
    Object.fromEntries(Object.entries(rendered).filter(([, value]) => value !== null)),
  ) as Record<string, unknown>;
  noteSecrets(params, resource.schema, secrets);
  const [problem] = validate(
    resource.schema,
    withExpressionSources(params, task.args, resource),
    secrets.redact,
  );
  if (problem) {
    const at = problem.path.length > 0 ? `${problem.path.join('.')} ` : '';
    const hint =
      problem.key === undefined ? '' : didYouMean(problem.key, Object.keys(resource.schema.properties ?? {}));
    throw new ConfigurationError(
      `${task.module}: ${at}${problem.message}${problem.message.includes('did you mean') ? '' : hint}`,
      { position: placeOfProblem(problem, task) },
    );
  }
  return { ...withDefaults(resource.schema, params), ...evaluatedExpressions(task, resource, scope) };
}

/** Where the argument was written that is wrong. */
export function placeOfProblem(
  { path, key }: Problem,
  task: { readonly argumentAt: (path: readonly (string | number)[]) => Position },
): Position {
  return task.argumentAt(key === undefined ? path : [...path, key]);
}

/** Arguments that are bare expressions (assert's `that`) are not rendered as strings. */
function withoutExpressions(args: Loaded, resource: Resource): Loaded {
  if (
    !resource.expressions ||
    args === null ||
    typeof args !== 'object' ||
    args instanceof Template ||
    Array.isArray(args)
  )
    return args;
  return Object.fromEntries(Object.entries(args).filter(([key]) => !resource.expressions?.includes(key)));
}

function withExpressionSources(
  params: Record<string, unknown>,
  args: Loaded,
  resource: Resource,
): Record<string, unknown> {
  const sources: Record<string, unknown> = {};
  for (const key of resource.expressions ?? []) {
    const value = (args as Record<string, Loaded>)[key];
    if (value !== undefined) sources[key] = value;
  }
  return { ...params, ...sources };
}

function evaluatedExpressions(task: Task, resource: Resource, scope: Scope): Record<string, unknown> {
  const evaluated: Record<string, unknown> = {};
  for (const key of resource.expressions ?? []) {
    const given = (task.args as Record<string, Loaded>)[key];
    if (given === undefined) continue;
    const sources = Array.isArray(given) ? (given as readonly Loaded[]) : [given];
    evaluated[key] = sources.map((source) => ({
      source: sourceText(source),
      value:
        source instanceof Template
          ? renderValue(source, scope)
          : evaluate({ source: sourceText(source), position: task.position }, scope),
    }));
  }
  return evaluated;
}

function sourceText(value: Loaded): string {
  return value instanceof Template ? value.source : String(value);
}

/** Ask the resource until it asks nothing new that the controller can answer; what remains goes to the host. */
function splitQueries(
  resource: Resource,
  params: Readonly<Record<string, unknown>>,
  answer: (query: Query) => Answer | undefined,
): { local: Map<string, Answer>; queries: Query[] } {
  const local = new Map<string, Answer>();
  for (;;) {
    const queries: Query[] = [];
    let news = false;
    for (const query of resource.queries(params, new Answers(local))) {
      if (local.has(queryKey(query))) continue;
      const known = answer(query);
      if (known === undefined) queries.push(query);
      else {
        local.set(queryKey(query), known);
        news = true;
      }
    }
    if (!news) return { local, queries };
  }
}

function renderNames(names: readonly Loaded[], scope: Scope): string[] {
  return names.flatMap((name) => {
    const rendered = renderValue(name, scope);
    return Array.isArray(rendered) ? rendered.map(String) : [String(rendered)];
  });
}

function renderEnvironment(task: Task, scope: Scope): Record<string, string> {
  if (task.environment === undefined) return {};
  const rendered = renderValue(task.environment, scope);
  if (typeof rendered !== 'object' || rendered === null || Array.isArray(rendered)) {
    throw new ConfigurationError('environment must be a mapping of names to values', {
      position: task.position,
    });
  }
  return Object.fromEntries(Object.entries(rendered).map(([name, value]) => [name, String(value)]));
}

/** A number that may have been written as a template or a string. */
export function renderNumber(
  value: Loaded | undefined,
  scope: Scope,
  name: string,
  position: Position,
): number | undefined {
  if (value === undefined || value === null) return undefined;
  const rendered = Number(renderValue(value, scope));
  if (Number.isFinite(rendered) && rendered >= 0) return rendered;
  throw new ConfigurationError(`${name} must be a number of 0 or more`, { position });
}
