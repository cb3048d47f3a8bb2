import { Template } from '../template/template.js';
import type { Play, Playbook, Task, TaskNode } from './model.js';

/** What `ansible-playbook --list-tasks` prints. */
export function listTasks(playbook: Playbook): string[] {
  const plays = playbook.plays.flatMap((play, index) => ['', ...linesOf(play, index + 1)]);
  return ['', `playbook: ${playbook.name}`, ...plays];
}

function linesOf(play: Play, number: number): string[] {
  const hosts = [play.hosts]
    .flat()
    .map((one) => (one instanceof Template ? one.source : String(one)))
    .join(',');
  const tasks = play.tasks.flatMap(flatten).filter((task) => task.module !== 'meta');
  return [
    `  play #${number} (${hosts}): ${play.name}\t${tagList(play.tags)}`,
    '    tasks:',
    ...tasks.map((task) => `      ${titleOf(task)}\t${tagList(task.tags)}`),
  ];
}

function flatten(node: TaskNode): Task[] {
  return node.kind === 'task' ? [node] : [...node.block, ...node.rescue, ...node.always].flatMap(flatten);
}

function titleOf({ name, module, role }: Task): string {
  const title = name instanceof Template ? name.source : String(name ?? module);
  return role ? `${role.name} : ${title}` : title;
}

function tagList(tags: readonly string[]): string {
  return `TAGS: [${[...tags].sort().join(', ')}]`;
}
