import type { Loaded } from '../template/template.js';
import { checkShape } from './check-shape.js';
import { readConditions } from './expressions.js';
import type { Task } from './model.js';
import { childOf, isMapping, itemsOf, wrong, type YamlNode } from './node.js';
import { applyShape } from './schema.js';
import { readVariables } from './variables.js';

/** What a play, a role's entry, an import or a block hands on to the tasks inside. */
export interface Inherited extends Pick<
  Task,
  | 'when'
  | 'tags'
  | 'vars'
  | 'become'
  | 'becomeUser'
  | 'becomeSandbox'
  | 'environment'
  | 'noLog'
  | 'ignoreErrors'
  | 'checkMode'
  | 'runOnce'
  | 'delegateTo'
  | 'timeout'
> {
  /** the names of `notify`, with their places */
  readonly notify: readonly YamlNode[];
}

export const nothingInherited: Inherited = {
  when: [],
  tags: [],
  vars: [],
  notify: [],
  become: undefined,
  becomeUser: undefined,
  becomeSandbox: undefined,
  environment: undefined,
  noLog: undefined,
  ignoreErrors: undefined,
  checkMode: undefined,
  runOnce: false,
  delegateTo: undefined,
  timeout: undefined,
};

/**
 * The keywords of a mapping on top of what it inherits: conditions, tags, variables and environment add up, of the others
 * the inner one counts. The mapping's shape was checked.
 * @param without keywords that are kept from the tasks inside
 */
export function inherit(outer: Inherited, node: YamlNode, without: readonly 'vars'[] = []): Inherited {
  const given = (key: string): Loaded | undefined => childOf(node, key)?.value;
  const when = childOf(node, 'when');
  const notify = childOf(node, 'notify');
  const vars = without.includes('vars') ? undefined : childOf(node, 'vars');
  return {
    when: when ? [...outer.when, ...readConditions(when)] : outer.when,
    tags: [...new Set([...outer.tags, ...readTags(node)])],
    vars: vars ? [...outer.vars, readVariables(vars)] : outer.vars,
    notify: notify ? [...outer.notify, ...itemsOf(notify)] : outer.notify,
    become: given('become') ?? outer.become,
    becomeUser: given('become_user') ?? outer.becomeUser,
    becomeSandbox: given('become_sandbox') ?? outer.becomeSandbox,
    environment: mergeEnvironment(outer.environment, childOf(node, 'environment')),
    noLog: given('no_log') ?? outer.noLog,
    ignoreErrors: given('ignore_errors') ?? outer.ignoreErrors,
    checkMode: (given('check_mode') as boolean | undefined) ?? outer.checkMode,
    runOnce: (given('run_once') as boolean | undefined) ?? outer.runOnce,
    delegateTo: given('delegate_to') ?? outer.delegateTo,
    timeout: given('timeout') ?? outer.timeout,
  };
}

/** What `apply` of an include hands on besides. @throws ConfigurationError */
export function applied(outer: Inherited, include: YamlNode): Inherited {
  const apply = childOf(include, 'apply');
  if (!apply) return outer;
  checkShape(apply, applyShape);
  return inherit(outer, apply);
}

/** `tags: [a, b]`, `tags: a, b` */
export function readTags(node: YamlNode): string[] {
  const tags = childOf(node, 'tags');
  if (!tags) return [];
  return itemsOf(tags).flatMap((one) =>
    String(one.value)
      .split(',')
      .map((tag) => tag.trim())
      .filter((tag) => tag !== ''),
  );
}

function mergeEnvironment(outer: Loaded | undefined, inner: YamlNode | undefined): Loaded | undefined {
  if (!inner) return outer;
  if (outer === undefined) return inner.value;
  if (isMapping(outer) && isMapping(inner.value)) return { ...outer, ...inner.value };
  throw wrong(
    inner,
    'this environment and the one around it cannot be merged: one of them is a template',
    'Name its variables one by one.',
  );
}
