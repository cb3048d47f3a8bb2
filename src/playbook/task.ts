import { readArguments } from './arguments.js';
import { checkShape } from './check-shape.js';
import { readConditions } from './expressions.js';
import type { Frame } from './frame.js';
import { inherit } from './inherited.js';
import { readLoop } from './loop.js';
import type { Task } from './model.js';
import { findModule } from './module.js';
import { childOf, isMapping, itemsOf, placeOf, wrong, type YamlNode } from './node.js';
import { handlerShape, metaTaskShape, taskShape } from './schema.js';
import { checkSource } from './sources.js';
import { nameProblem } from './variables.js';
import type { Expression } from '../template/expression.js';

/** One task or handler. @throws ConfigurationError */
export function loadTask(node: YamlNode, frame: Frame): Task {
  if (isMapping(node.value) && Object.hasOwn(node.value, 'meta')) return loadMeta(node, frame);
  const shape = frame.kind === 'handler' ? handlerShape : taskShape;
  const module = findModule(node, frame.loader.catalogue.modules, shape, 'module');
  const value = checkShape(node, shape, [module.key]);
  const inherited = inherit(frame.inherited, node);
  const given = readArguments(childOf(node, module.key)!, module, childOf(node, 'args'));
  checkSource(module.name, given, { loader: frame.loader, dir: frame.dir, role: frame.role });
  const listen = childOf(node, 'listen');
  if (frame.kind === 'handler' && value['name'] === undefined && !listen) {
    throw wrong(node, 'a handler without a name or "listen" can never be notified', 'Give it a name.');
  }
  for (const name of inherited.notify) {
    if (typeof name.value === 'string') frame.notified.push({ node: name, role: frame.role });
  }
  const conditions = (key: string): Expression[] | undefined => {
    const child = childOf(node, key);
    return child && readConditions(child);
  };
  const { loop, loopFlat, loopVar, loopLabel } = readLoop(node);
  // Property by property: spreading two objects into so large a one takes V8 four times as long as all else that is done here.
  return {
    kind: 'task',
    name: value['name'],
    module: module.name,
    args: given.value,
    position: placeOf(node),
    argumentAt: (path) => given.at(path),
    role: frame.role,
    when: inherited.when,
    loop,
    loopFlat,
    loopVar,
    loopLabel,
    register: readRegister(node),
    notify: inherited.notify.map((one) => one.value),
    listen: listen ? itemsOf(listen).map((one) => String(one.value)) : [],
    rollback: value['rollback'] === true,
    tags: inherited.tags,
    become: inherited.become,
    becomeUser: inherited.becomeUser,
    becomeSandbox: inherited.becomeSandbox,
    changedWhen: conditions('changed_when'),
    failedWhen: conditions('failed_when'),
    until: conditions('until'),
    retries: value['retries'],
    delay: value['delay'],
    vars: inherited.vars,
    delegateTo: inherited.delegateTo,
    runOnce: inherited.runOnce,
    ignoreErrors: inherited.ignoreErrors,
    noLog: inherited.noLog,
    checkMode: inherited.checkMode,
    environment: inherited.environment,
    timeout: inherited.timeout,
  };
}

/** `meta: flush_handlers` */
function loadMeta(node: YamlNode, frame: Frame): Task {
  const value = checkShape(node, metaTaskShape);
  if (frame.kind === 'handler')
    throw wrong(node, 'a handler cannot be a meta task', 'Handlers are flushed by themselves.');
  const inherited = inherit(frame.inherited, node);
  return { ...flushTask(node), name: value['name'], tags: inherited.tags, role: frame.role };
}

/** The task that runs the handlers notified so far. */
export function flushTask(node: YamlNode): Task {
  return {
    kind: 'task',
    name: undefined,
    module: 'meta',
    args: 'flush_handlers',
    position: placeOf(node),
    argumentAt: () => placeOf(node),
    role: undefined,
    when: [],
    loop: undefined,
    loopFlat: false,
    loopVar: 'item',
    loopLabel: undefined,
    register: undefined,
    notify: [],
    listen: [],
    rollback: false,
    tags: [],
    become: undefined,
    becomeUser: undefined,
    becomeSandbox: undefined,
    changedWhen: undefined,
    failedWhen: undefined,
    until: undefined,
    retries: undefined,
    delay: undefined,
    vars: [],
    delegateTo: undefined,
    runOnce: false,
    ignoreErrors: undefined,
    noLog: undefined,
    checkMode: undefined,
    environment: undefined,
    timeout: undefined,
  };
}

function readRegister(node: YamlNode): string | undefined {
  const register = childOf(node, 'register');
  if (!register) return undefined;
  const name = String(register.value);
  const problem = nameProblem(name);
  if (problem) throw wrong(register, problem.message, problem.hint);
  return name;
}
