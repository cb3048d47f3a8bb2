import type { Check } from '../checks/check.js';
import { ConfigurationError, formatPosition, hostError } from '../errors.js';
import type { TaskLabel } from '../events.js';
import type { CheckTask } from '../playbook/model.js';
import { validate, withDefaults } from '../schema.js';
import { UndefinedVariableError } from '../template/failure.js';
import { renderValue } from '../template/render.js';
import { PendingValue, type Scope } from '../template/scope.js';
import { Template } from '../template/template.js';
import { coerce } from '../coerce.js';
import { noteSecrets } from '../variables/note-secrets.js';
import { FactsPending } from './facts.js';
import { becomeUserOf } from './place.js';
import { isTrue, loopItems, placeOfProblem, renderNumber } from './prepare.js';
import type { Run } from './run-state.js';
import type { PlayPlace } from './scopes.js';
import { HIDDEN, shownJson } from './shown.js';
import type { BecomeUser } from './session.js';

/** Seconds that a check has to become true: services that were just started need some. */
const DEADLINE = 30;
/** One check on one host, evaluated. */
export interface EvaluatedCheck {
  readonly label: TaskLabel;
  readonly check: Check;
  readonly params: Record<string, unknown>;
  /** whose answers the verdict needs */
  readonly on: readonly string[];
  readonly user: BecomeUser;
  readonly deadline: number;
  readonly hidden: boolean;
}

/** A check that cannot be evaluated on a host: it does not hold, and the others are run all the same. */
export interface FaultyCheck {
  readonly label: TaskLabel;
  /** why, where and what to try */
  readonly fault: string;
}

/**
 * Evaluate a check on a host: one, or one for each item of its loop. Facts that it reads are gathered. An undefined variable, a wrong
 * parameter, an unknown host are its own fault.
 * @throws UnreachableError, StoppedError
 */
export async function prepareCheck(
  task: CheckTask,
  host: string,
  place: PlayPlace,
  run: Run,
): Promise<(EvaluatedCheck | FaultyCheck)[]> {
  for (;;) {
    try {
      return evaluateCheck(task, host, place, run);
    } catch (error) {
      if (!(error instanceof FactsPending)) throw error;
      await error.gather();
    }
  }
}

/** How a check is called where it was not evaluated. */
export function labelOfCheck({ name, check, role }: CheckTask): TaskLabel {
  const written = name instanceof Template ? name.source : String(name ?? check);
  return { name: written, module: check, role: role?.name };
}

function evaluateCheck(
  task: CheckTask,
  host: string,
  place: PlayPlace,
  run: Run,
): (EvaluatedCheck | FaultyCheck)[] {
  const { scopes } = run;
  const scope = scopes.ofTask(host, task, place);
  return guarded(task, host, { scope, run }, () => {
    if (task.loop === undefined) return evaluateOne(task, host, scope, undefined, run);
    const items = loopItems(task, scope);
    if ('refused' in items) return [];
    return items.flatMap((item: unknown) => {
      const own = scopes.child(scope, { [task.loopVar]: item });
      let shown: string | undefined;
      return guarded(task, host, { scope: own, run, item: () => shown }, () => {
        shown = itemText(task, item, own, run);
        return evaluateOne(task, host, own, shown, run);
      });
    });
  });
}

/** What is wrong with a check, or with one item of its loop, leaves all others alone. */
function guarded(
  task: CheckTask,
  host: string,
  given: { scope: Scope; run: Run; item?: () => string | undefined },
  evaluate: () => (EvaluatedCheck | FaultyCheck)[],
): (EvaluatedCheck | FaultyCheck)[] {
  try {
    return evaluate();
  } catch (error) {
    if (error instanceof FactsPending) throw error;
    return [
      { label: labelIn(task, given.scope, given.item?.()), fault: faultText(error, task, host, given.scope) },
    ];
  }
}

function faultText(thrown: unknown, task: CheckTask, host: string, scope: Scope): string {
  const error =
    thrown instanceof PendingValue
      ? new ConfigurationError(`${thrown.message}: a check cannot use results of tasks`)
      : hostError(thrown, host);
  if (hides(task, scope) && !(error instanceof UndefinedVariableError)) return HIDDEN;
  const { message, detail, hint, position = task.position } = error;
  return [
    `cannot be evaluated: ${formatPosition(position)}: ${message}`,
    ...detail,
    ...(hint === undefined ? [] : [`try: ${hint}`]),
  ].join('\n');
}

function itemText(task: CheckTask, item: unknown, scope: Scope, run: Run): string {
  const shown = task.loopLabel === undefined ? item : renderValue(task.loopLabel, scope);
  return typeof shown === 'string' ? shown : shownJson(shown, run.options.secrets);
}

/** no_log. Where that itself cannot be told, nothing is shown. */
function hides({ noLog }: CheckTask, scope: Scope): boolean {
  if (noLog === undefined) return false;
  try {
    return Boolean(renderValue(noLog, scope));
  } catch {
    return true;
  }
}

function evaluateOne(
  task: CheckTask,
  host: string,
  scope: Scope,
  item: string | undefined,
  run: Run,
): EvaluatedCheck[] {
  if (!task.when.every((condition) => isTrue(condition, scope))) return [];
  const { options } = run;
  const check = options.checks.get(task.check);
  if (!check) throw new ConfigurationError(`unknown check "${task.check}"`, { position: task.position });
  const params = withDefaults(
    check.schema,
    coerce(check.schema, renderParams(task, scope)) as Record<string, unknown>,
  );
  noteSecrets(params, check.schema, options.secrets);
  const [problem] = validate(check.schema, params, options.secrets.redact);
  if (problem) {
    const at = problem.path.length > 0 ? `${problem.path.join('.')} ` : '';
    throw new ConfigurationError(`${task.check}: ${at}${problem.message}`, {
      host,
      position: placeOfProblem(problem, task),
    });
  }
  return [
    {
      label: labelIn(task, scope, item),
      check,
      params,
      on: hostsOf(task, host, scope, run),
      user: becomeUserOf(task, scope, {
        connection: run.connectionOf(host),
        commandLine: options.become.user,
      }),
      deadline: renderNumber(task.timeout, scope, 'timeout', task.position) ?? DEADLINE,
      hidden: hides(task, scope),
    },
  ];
}

function renderParams(task: CheckTask, scope: Scope): Record<string, unknown> {
  const rendered = renderValue(task.args, scope) ?? {};
  const entries = Object.entries(rendered as Record<string, unknown>).filter(([, value]) => value !== null);
  return Object.fromEntries(entries);
}

function labelIn(task: CheckTask, scope: Scope, item: string | undefined): TaskLabel {
  return { name: labelName(task, scope), module: task.check, role: task.role?.name, item };
}

function labelName({ name, check }: CheckTask, scope: Scope): string {
  if (name === undefined) return check;
  if (!(name instanceof Template)) return String(name);
  try {
    return String(renderValue(name, scope));
  } catch (error) {
    if (error instanceof FactsPending) throw error;
    return name.source;
  }
}

function hostsOf(task: CheckTask, host: string, scope: Scope, run: Run): string[] {
  if (task.on === undefined) return [host];
  const rendered = renderValue(task.on, scope);
  const names = (Array.isArray(rendered) ? rendered : [rendered]).map(String);
  const unknown = names.find((name) => !run.options.inventory.hosts.has(name));
  if (unknown === undefined) return names;
  throw new ConfigurationError(`on names "${unknown}", which the inventory does not know`, {
    position: task.position,
  });
}
