import type { TaskNode } from '../playbook/model.js';

/** How many tasks a host will have come to at the end of a list, as far as that can be foreseen: no rescue is taken. */
export function countTasks(nodes: readonly TaskNode[]): number {
  return nodes.reduce((sum, node) => {
    if (node.kind === 'block') return sum + countTasks(node.block) + countTasks(node.always);
    return node.module === 'meta' ? sum : sum + 1;
  }, 0);
}
