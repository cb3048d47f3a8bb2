import type { Check } from '../checks/check.js';
import { ConfigurationError } from '../errors.js';
import type { TaskLabel } from '../events.js';
import type { CheckTask } from '../playbook/model.js';
import { validate, withDefaults } from '../schema.js';
import { renderValue } from '../template/render.js';
import { PendingValue, type Scope } from '../template/scope.js';
import { Template } from '../template/template.js';
import { coerce } from '../coerce.js';
import { noteSecrets } from '../variables/note-secrets.js';
import { FactsPending } from './facts.js';
import { becomeUserOf } from './place.js';
import { isTrue, renderNumber, placeOfProblem, renderLoop } from './prepare.js';
import type { Run } from './run-state.js';
import type { PlayPlace } from './scopes.js';
import { shownJson } from './shown.js';
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

/**
 * Evaluate a check on a host: one, or one for each item of its loop. Facts that it reads are gathered.
 * @throws ConfigurationError for an undefined variable, a wrong parameter, an unknown host
 */
export async function prepareCheck(
  task: CheckTask,
  host: string,
  place: PlayPlace,
  run: Run,
): Promise<EvaluatedCheck[]> {
  for (;;) {
    try {
      return evaluateCheck(task, host, place, run);
    } catch (error) {
      if (!(error instanceof PendingValue)) throw error;
      if (!(error instanceof FactsPending)) {
        throw new ConfigurationError(`${error.message}: a check cannot use results of tasks`, {
          position: task.position,
        });
      }
      await error.gather();
    }
  }
}

function evaluateCheck(task: CheckTask, host: string, place: PlayPlace, run: Run): EvaluatedCheck[] {
  const { scopes } = run;
  const scope = scopes.ofTask(host, task, place);
  if (task.loop === undefined) return evaluateOne(task, host, scope, undefined, run);
  const items = renderLoop(task, scope);
  if (!Array.isArray(items)) throw new ConfigurationError('loop must be a list', { position: task.position });
  return items.flatMap((item: unknown) => {
    const own = scopes.child(scope, { [task.loopVar]: item });
    const shown = task.loopLabel === undefined ? item : renderValue(task.loopLabel, own);
    return evaluateOne(
      task,
      host,
      own,
      typeof shown === 'string' ? shown : shownJson(shown, run.options.secrets),
      run,
    );
  });
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
      label: { name: labelName(task, scope), module: task.check, role: task.role?.name, item },
      check,
      params,
      on: hostsOf(task, host, scope, run),
      user: becomeUserOf(task, scope, {
        connection: run.connectionOf(host),
        commandLine: options.become.user,
      }),
      deadline: renderNumber(task.timeout, scope, 'timeout', task.position) ?? DEADLINE,
      hidden: task.noLog !== undefined && Boolean(renderValue(task.noLog, scope)),
    },
  ];
}

function renderParams(task: CheckTask, scope: Scope): Record<string, unknown> {
  const rendered = renderValue(task.args, scope) ?? {};
  const entries = Object.entries(rendered as Record<string, unknown>).filter(([, value]) => value !== null);
  return Object.fromEntries(entries);
}

function labelName(task: CheckTask, scope: Scope): string {
  if (task.name === undefined) return task.check;
  return task.name instanceof Template ? String(renderValue(task.name, scope)) : String(task.name);
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
