import { UsageError } from '../errors.js';
import { didYouMean } from '../schema.js';
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
 * @throws UsageError for a tag that nothing has, and where no task is left
 */
export function selectTags(playbook: Playbook, selection: TagSelection): Playbook {
  requireTags('--tags', selection.tags ?? [], playbook);
  requireTags('--skip-tags', selection.skipTags ?? [], playbook);
  const tags = new Set(selection.tags?.length ? selection.tags : ['all']);
  const skip = new Set(selection.skipTags ?? []);
  const keep = (task: Task): boolean =>
    task.implicit === true || (isAsked(task, tags) && !isSkipped(task, skip));
  const plays = playbook.plays.map((play): Play => ({ ...play, tasks: filter(play.tasks, keep) }));
  if (isSelective(selection) && tasksOf(playbook.plays).length > 0 && tasksOf(plays).length === 0) {
    throw new UsageError(`${textOf(selection)} leaves no task of ${playbook.name}`, {
      hint: 'provision --list-tasks shows the tags of each task',
    });
  }
  return { ...playbook, plays };
}

/** Tags that mean something without being on a task. */
const SPECIAL = ['all', 'tagged', 'untagged', 'always', 'never'];

/** Tags in a message, at most. */
const MOST = 30;

/** A misspelt tag would leave out everything that was asked for, or nothing that was to be skipped, and look like success. */
function requireTags(option: string, asked: readonly string[], { plays, name }: Playbook): void {
  const known = [
    ...new Set([...plays.flatMap((play) => play.tags), ...tasksOf(plays).flatMap((task) => task.tags)]),
  ].sort();
  const unknown = asked.find((tag) => !known.includes(tag) && !SPECIAL.includes(tag));
  if (unknown === undefined) return;
  const shown = known.filter((tag) => !SPECIAL.includes(tag));
  const more = shown.length > MOST ? ` and ${shown.length - MOST} more` : '';
  throw new UsageError(
    `${option}: no task of ${name} has the tag "${unknown}"${didYouMean(unknown, [...known, ...SPECIAL])}`,
    {
      hint:
        shown.length === 0
          ? 'its tasks have no tags'
          : `its tasks have these tags: ${shown.slice(0, MOST).join(', ')}${more}`,
    },
  );
}

function isSelective({ tags = [], skipTags = [] }: TagSelection): boolean {
  return tags.length + skipTags.length > 0;
}

function textOf({ tags = [], skipTags = [] }: TagSelection): string {
  return [
    ...(tags.length > 0 ? [`--tags ${tags.join(',')}`] : []),
    ...(skipTags.length > 0 ? [`--skip-tags ${skipTags.join(',')}`] : []),
  ].join(' ');
}

/** All tasks, in blocks too, but for those that the loader has put in. */
function tasksOf(plays: readonly Play[]): Task[] {
  const inNode = (node: TaskNode): Task[] =>
    node.kind === 'task'
      ? node.implicit === true
        ? []
        : [node]
      : [...node.block, ...node.rescue, ...node.always].flatMap(inNode);
  return plays.flatMap(({ tasks }) => tasks.flatMap(inNode));
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
