import { readArguments } from './arguments.js';
import { checkShape } from './check-shape.js';
import type { Frame } from './frame.js';
import { inherit } from './inherited.js';
import { readLoop } from './loop.js';
import type { CheckTask } from './model.js';
import { findModule } from './module.js';
import { childOf, isList, itemsOf, placeOf, showKind, wrong, type YamlNode } from './node.js';
import { verifyShape } from './schema.js';

/** The entries of verify.yml, or of a play's `verify`. @throws ConfigurationError */
export function loadChecks(node: YamlNode | undefined, frame: Frame): CheckTask[] {
  if (!node || node.value === null) return [];
  if (!isList(node.value))
    throw wrong(node, `checks are a list, not ${showKind(node.value)}`, 'Start each check with "- ".');
  return itemsOf(node).map((item) => loadCheck(item, frame));
}

function loadCheck(node: YamlNode, frame: Frame): CheckTask {
  const check = findModule(node, frame.loader.catalogue.checks, verifyShape, 'check');
  const value = checkShape(node, verifyShape, [check.key]);
  const given = readArguments(childOf(node, check.key)!, check, childOf(node, 'args'));
  const { when, vars, become, becomeUser, becomeSandbox, noLog, runOnce } = inherit(frame.inherited, node);
  const { loop, loopFlat, loopVar, loopLabel } = readLoop(node);
  return {
    name: value['name'],
    check: check.name,
    args: given.value,
    position: placeOf(node),
    argumentAt: (path) => given.at(path),
    role: frame.role,
    loop,
    loopFlat,
    loopVar,
    loopLabel,
    on: value['on'],
    when,
    vars,
    become,
    becomeUser,
    becomeSandbox,
    noLog,
    runOnce,
    // A task's timeout says how long one may take, a check's how long it is retried.
    timeout: value['timeout'],
  };
}
