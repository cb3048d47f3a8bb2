import type { Play, Playbook, Task, TaskNode } from './model.js';

export interface TagSelection {
  /** none: all tasks but those tagged `never` */
  readonly tags?: readonly string[] | undefined;
  readonly skipTags?: readonly string[] | undefined;
}

/**
 * The playbook with the tasks that --tags and --skip-tags leave, by Ansible's rules: `always` runs unless it is skipped
 * itself, `never` only when one of the task's tags is asked for, and `all`, `tagged` and `untagged` mean what they say.
 * Handlers and checks stay: they are asked for by what remains.
 */
export function selectTags(playbook: Playbook, selection: TagSelection): Playbook {
  const tags = new Set(selection.tags?.length ? selection.tags : ['all']);
  const skip = new Set(selection.skipTags ?? []);
  const keep = (task: Task): boolean =>
    task.implicit === true || (isAsked(task, tags) && !isSkipped(task, skip));
  return {
    ...playbook,
    plays: playbook.plays.map((play): Play => ({ ...play, tasks: filter(play.tasks, keep) })),
  };
}

function isAsked({ tags }: Task, asked: ReadonlySet<string>): boolean {
  if (tags.includes('always')) return true;
  const never = tags.includes('never');
  if (asked.has('all') && !never) return true;
  if (namesOf(tags).some((tag) => asked.has(tag))) return true;
  return asked.has('tagged') && tags.length > 0 && !never;
}

function isSkipped({ tags }: Task, skip: ReadonlySet<string>): boolean {
  if (skip.has('all')) return !tags.includes('always') || skip.has('always');
  if (namesOf(tags).some((tag) => skip.has(tag))) return true;
  return skip.has('tagged') && tags.length > 0;
}

function namesOf(tags: readonly string[]): readonly string[] {
  return tags.length === 0 ? ['untagged'] : tags;
}

function filter(nodes: readonly TaskNode[], keep: (task: Task) => boolean): TaskNode[] {
  return nodes.flatMap((node): TaskNode[] => {
    if (node.kind === 'task') return keep(node) ? [node] : [];
    const [block, rescue, always] = [node.block, node.rescue, node.always].map((part) => filter(part, keep));
    // A rescue without a block has nothing to rescue from.
    return block!.length + always!.length === 0
      ? []
      : [{ ...node, block: block!, rescue: rescue!, always: always! }];
  });
}
