import type { Answers, FileAnswer, Query } from '../../agent/query.js';
import type { RunStep } from '../../agent/step.js';
import { MissingPrerequisiteError } from '../../errors.js';
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
  wanted: Attributes & { readonly path: string; readonly type: 'file' | 'directory' },
  current: ExistingFile | undefined,
  answers: Answers,
): Change[] {
  requireOwners(wanted, answers);
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
  return changes;
}

/** The commands that make the changed attributes of one path so. `link`: of the link itself. */
export function attributeSteps(
  path: string,
  changes: readonly Change[],
  on: 'link' | 'file' = 'file',
): RunStep[] {
  const after = (field: string): string | undefined =>
    changes.find((change) => change.subject === path && change.field === field)?.after as string | undefined;
  const steps: RunStep[] = [];
  const [owner, group, mode] = [after('owner'), after('group'), after('mode')];
  if (owner !== undefined || group !== undefined) {
    const flags = on === 'link' ? ['-h'] : [];
    steps.push({ kind: 'run', argv: ['chown', ...flags, '--', ownerArgument(owner, group), path] });
  }
  // After chown, which clears setuid.
  if (mode !== undefined) steps.push({ kind: 'run', argv: ['chmod', '--', chmodArgument(mode), path] });
  return steps;
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
