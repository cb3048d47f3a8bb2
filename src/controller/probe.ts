import type { CommandAnswer, Query } from '../agent/query.js';
import { TaskError } from '../errors.js';
import type { Task } from '../playbook/model.js';
import {
  probe as probeCommand,
  probeResult as commandProbeResult,
  type CommandParams,
} from '../resources/command.js';
import { resource, type Resource } from '../resources/resource.js';
import {
  probe as probeShell,
  probeResult as shellProbeResult,
  type ShellParams,
} from '../resources/shell.js';
import { tailOf } from './failure.js';

/**
 * A command that declares both `changed_when: false` and `check_mode: false` only reads: it is asked as a query along with
 * those of its neighbours, in a dry run too, and costs no round trip of its own. Every other task stays as it is.
 */
export function asProbe(task: Task, known: Resource, surroundings: Surroundings): Resource {
  if (task.checkMode !== false || !neverChanges(task)) return known;
  if (known.name === 'command') {
    return probing<CommandParams>(known, within(probeCommand, surroundings), (params, answer) => ({
      ...commandProbeResult(params, answer),
    }));
  }
  if (known.name === 'shell') {
    return probing<ShellParams>(known, within(probeShell, surroundings), (params, answer) => ({
      ...shellProbeResult(params, answer),
    }));
  }
  return known;
}

interface Surroundings {
  readonly environment: Readonly<Record<string, string>>;
  /** seconds */
  readonly timeout: number | undefined;
}

type ProbeQuery = Extract<Query, { kind: 'command' | 'script' }>;

function within<P>(
  probe: (params: P) => ProbeQuery | undefined,
  { environment, timeout }: Surroundings,
): (params: P) => ProbeQuery | undefined {
  return (params) => {
    const query = probe(params);
    if (!query) return undefined;
    return {
      ...query,
      ...(Object.keys(environment).length === 0 ? {} : { env: environment }),
      ...(timeout === undefined ? {} : { timeout }),
    };
  };
}

/** `changed_when: false` */
export function neverChanges(task: Task): boolean {
  return task.changedWhen?.length === 1 && task.changedWhen[0]?.source.trim() === 'false';
}

function probing<P>(
  known: Resource,
  probe: (params: P) => ProbeQuery | undefined,
  resultOf: (params: P, answer: CommandAnswer) => Record<string, unknown>,
): Resource {
  const own = known as unknown as Resource<P>;
  return resource<P>({
    ...own,
    queries(params, answers) {
      const query = probe(params);
      return query ? [query] : own.queries(params, answers);
    },
    plan(params, answers) {
      const query = probe(params);
      return query ? [] : own.plan(params, answers);
    },
    result(params, answers, outputs) {
      const query = probe(params);
      if (!query) return own.result?.(params, answers, outputs) ?? {};
      const answer = answers.get<'command' | 'script'>(query);
      return resultOf(params, answer);
    },
  });
}

/** A probe that ended with an error is a failed task, unless failed_when decides otherwise. */
export function probeFailure(result: Readonly<Record<string, unknown>>): TaskError | undefined {
  const { rc, stdout, stderr } = result;
  if (typeof rc !== 'number' || rc === 0) return undefined;
  return new TaskError(`the command failed: exit code ${rc}${rc === 124 ? ' (its time limit)' : ''}`, {
    detail: tailOf({ stdout: String(stdout), stderr: String(stderr) }),
  });
}
