import type { Task } from './model.js';
import { childOf, wrong, wrongKey, type YamlNode } from './node.js';
import { nameProblem } from './variables.js';

/** `loop` or `with_items`, and `loop_control`. @throws ConfigurationError */
export function readLoop(node: YamlNode): Pick<Task, 'loop' | 'loopFlat' | 'loopVar' | 'loopLabel'> {
  const loop = childOf(node, 'loop');
  const withItems = childOf(node, 'with_items');
  if (loop && withItems)
    throw wrongKey(node, 'with_items', '"loop" and "with_items" in one task', 'Keep loop.');
  const control = childOf(node, 'loop_control');
  if (control && !loop && !withItems) {
    throw wrongKey(node, 'loop_control', '"loop_control" without a "loop"', 'Add the loop or remove it.');
  }
  const variable = control && childOf(control, 'loop_var');
  const problem = variable && nameProblem(String(variable.value));
  if (variable && problem) throw wrong(variable, problem.message, problem.hint);
  return {
    loop: (loop ?? withItems)?.value,
    loopFlat: withItems !== undefined,
    loopVar: variable ? String(variable.value) : 'item',
    loopLabel: control && childOf(control, 'label')?.value,
  };
}
