import type { Decider } from '../../agent/queries/owners.js';
import type { Answers, FileAnswer, FileQuery, Query } from '../../agent/query.js';
import type { AttributesStep } from '../../agent/step.js';
import { MissingPrerequisiteError, TaskError } from '../../errors.js';
import type { JsonSchema } from '../../schema.js';
import { chmodArgument, formatMode, modeSchema, resolveMode, type Mode } from './mode.js';
import type { Change } from '../resource.js';

/** Who owns a file and what may be done with it. What is left out is not managed. */
export interface Attributes {
  readonly mode?: Mode;
  readonly owner?: string | number;
  readonly group?: string | number;
}

export type ExistingFile = Extract<FileAnswer, { exists: true }>;

export const attributeSchemas: Readonly<Record<'mode' | 'owner' | 'group', JsonSchema>> = {
  mode: modeSchema,
  owner: {
    type: ['string', 'integer'],
    pattern: '^[^-:\\s][^:\\s]*$',
    minimum: 0,
    description: 'the owning user, by name or uid',
  },
  group: {
    type: ['string', 'integer'],
    pattern: '^[^-:\\s][^:\\s]*$',
    minimum: 0,
    description: 'the owning group, by name or gid',
  },
};

/** What must be known to say clearly that an owner does not exist. */
export function attributeQueries({ owner, group }: Attributes): Query[] {
  const queries: Query[] = [];
  if (isName(owner)) queries.push({ kind: 'user', name: owner });
  if (isName(group)) queries.push({ kind: 'group', name: group });
  return queries;
}

/**
 * What differs between a file's attributes and the wanted ones; everything that is wanted where there is no file yet.
 * @throws MissingPrerequisiteError when the owner or the group does not exist
 */
export function attributeChanges(
  wanted: Attributes & {
    readonly path: string;
    readonly type: 'file' | 'directory';
    /** where others may exchange it, the file is made anew with the attributes */
    readonly replaceable?: boolean;
  },
  current: ExistingFile | undefined,
  answers: Answers,
): Change[] {
  requireOwners(wanted, answers);
  requireRights(wanted, answers);
  const changes: Change[] = [];
  const add = (field: string, before: string | null, after: string): void => {
    if (before !== after) changes.push({ subject: wanted.path, field, before, after });
  };
  if (wanted.owner !== undefined)
    add('owner', ownerLike(wanted.owner, current?.owner, current?.uid), String(wanted.owner));
  if (wanted.group !== undefined)
    add('group', ownerLike(wanted.group, current?.group, current?.gid), String(wanted.group));
  if (wanted.mode !== undefined) {
    const bits = resolveMode(wanted.mode, wanted.type, current?.mode);
    add('mode', current ? formatMode(current.mode) : null, formatMode(bits));
  }
  if (changes.length > 0) {
    requireOwnership(wanted.path, answers);
    if (wanted.replaceable !== true) requireUnshared(wanted.path, current);
  }
  return changes;
}

/** The step that makes the changed attributes of one path so. `link`: of the link itself. */
export function attributeSteps(
  path: string,
  changes: readonly Change[],
  on: 'link' | 'file' = 'file',
): AttributesStep[] {
  const after = (field: string): string | undefined =>
    changes.find((change) => change.subject === path && change.field === field)?.after as string | undefined;
  const [owner, group, mode] = [after('owner'), after('group'), after('mode')];
  if ((owner ?? group ?? mode) === undefined) return [];
  return [
    {
      kind: 'attributes',
      path,
      follow: on === 'file',
      ...(owner === undefined && group === undefined ? {} : { owner: ownerArgument(owner, group) }),
      ...(mode === undefined ? {} : { mode: chmodArgument(mode) }),
    },
  ];
}

/** chown's first argument. */
export function ownerArgument(
  owner: string | number | undefined,
  group: string | number | undefined,
): string {
  return group === undefined ? String(owner) : `${owner ?? ''}:${group}`;
}

/** The attributes alone, as strings and bits, for steps that take all of them. */
export function stepAttributes(
  { mode, owner, group }: Attributes,
  type: 'file' | 'directory',
  current?: ExistingFile,
): { mode?: number; owner?: string; group?: string } {
  return {
    ...(mode === undefined ? {} : { mode: resolveMode(mode, type, current?.mode) }),
    ...(owner === undefined ? {} : { owner: String(owner) }),
    ...(group === undefined ? {} : { group: String(group) }),
  };
}

/**
 * What a user may do in a folder of his is all that is done there: a file cannot be given to somebody else.
 * @throws TaskError for an owner or group that the user whose folder comes first on the way could not give
 */
function requireRights({ path, owner, group }: Attributes & { path: string }, answers: Answers): void {
  const by = deciderOf(path, answers);
  if (!by) return;
  if (owner !== undefined && String(owner) !== by.user && String(owner) !== String(by.uid)) {
    throw new TaskError(`${path} cannot be given to ${owner}`, {
      detail: [whoDecides(by)],
      hint: `owner: ${by.user}; or keep what belongs to ${owner} in a folder that is root's all the way`,
    });
  }
  if (group !== undefined && !by.groups.includes(String(group))) {
    throw new TaskError(`${path} cannot be given to the group ${group}`, {
      detail: [whoDecides(by), `${by.user} is not in the group ${group}`],
      hint: `a group of ${by.user}'s (${by.groups.filter((name) => !/^\d+$/.test(name)).join(', ')}); or a folder that is root's all the way`,
    });
  }
}

/**
 * Called where something is going to change. @throws TaskError when what is there is not the user's with whose rights that would be done
 */
export function requireOwnership(path: string, answers: Answers): void {
  const by = deciderOf(path, answers);
  const current = by && answers.get<'file'>({ kind: 'file', path });
  if (!current?.exists || current.uid === by!.uid) return;
  throw new TaskError(`${path} belongs to ${current.owner || current.uid} and cannot be changed`, {
    detail: [whoDecides(by!)],
    hint: `remove it or give it to ${by!.user} by hand once; or keep it in a folder that is root's all the way`,
  });
}

/**
 * Called where a file that is there is going to be replaced, which keeps its group unless the task gives one. @throws TaskError when it
 * belongs to somebody else, or to a group that its owner could not give to a new one
 */
export function requireReplaceable(
  { path, group }: Pick<Attributes, 'group'> & { readonly path: string },
  answers: Answers,
): void {
  requireOwnership(path, answers);
  const by = deciderOf(path, answers);
  const current = by && answers.get<'file'>({ kind: 'file', path });
  if (!current?.exists || current.type !== 'file' || group !== undefined) return;
  if (by!.groups.includes(String(current.gid))) return;
  throw new TaskError(
    `${path} belongs to the group ${current.group || current.gid}, which ${by!.user} is not in`,
    {
      detail: [
        whoDecides(by!),
        'a file that is written anew keeps its group, and this one cannot be given to it',
      ],
      hint: `group: ${by!.groups.find((name) => !/^\d+$/.test(name)) ?? by!.groups[0] ?? by!.user}`,
    },
  );
}

/**
 * Called where something that is there is going to be changed in its place. @throws TaskError when others may exchange its name, unless it
 * is a folder: that can be entered first
 */
export function requireUnshared(path: string, current: ExistingFile | undefined): void {
  if (current?.shared === undefined || current.type === 'directory') return;
  throw new TaskError(`${path} cannot be changed: others than root may write to ${current.shared}`, {
    detail: [
      'they could put a link in its place at any moment: root makes and replaces files there, but changes none',
    ],
    hint: `write it whole, with its attributes (copy, template); or take their right to write there away (chmod go-w ${current.shared})`,
  });
}

/** The user with whose rights something is done at a path; undefined where that is root, or nobody has asked. */
export function deciderOf(path: string, answers: Answers): Decider | undefined {
  const query: FileQuery = { kind: 'file', path };
  return answers.has(query) ? answers.get<'file'>(query).by : undefined;
}

/** For the detail of an error. */
export function whoDecides({ user, folder }: Decider): string {
  return `${folder} belongs to ${user}, who can exchange whatever is below it: it is changed with the rights of ${user} and not as root`;
}

/** @throws MissingPrerequisiteError when the owner or the group does not exist */
export function requireOwners({ owner, group }: Attributes, answers: Answers): void {
  if (isName(owner) && !answers.get<'user'>({ kind: 'user', name: owner }).exists) {
    throw new MissingPrerequisiteError(`the user "${owner}" does not exist`, {
      hint: 'make it with `user` in an earlier task',
    });
  }
  if (isName(group) && !answers.get<'group'>({ kind: 'group', name: group }).exists) {
    throw new MissingPrerequisiteError(`the group "${group}" does not exist`, {
      hint: 'make it with `group` in an earlier task',
    });
  }
}

/** Whether it names a user or group that may be missing: numbers need no entry, root has one. */
function isName(owner: string | number | undefined): owner is string {
  return typeof owner === 'string' && !/^\d+$/.test(owner) && owner !== 'root';
}

/** The current owner in the form in which the wanted one is given. */
function ownerLike(wanted: string | number, name: string | undefined, id: number | undefined): string | null {
  if (name === undefined) return null;
  return /^\d+$/.test(String(wanted)) ? String(id) : name;
}
