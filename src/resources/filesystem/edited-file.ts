import type { Answers, Query } from '../../agent/query.js';
import type { Step } from '../../agent/step.js';
import { MissingPrerequisiteError, TaskError } from '../../errors.js';
import {
  attributeChanges,
  attributeQueries,
  attributeSteps,
  requireReplaceable,
  stepAttributes,
  type Attributes,
  type ExistingFile,
} from './attributes.js';
import { folderQuery, followLinks, linkQueries, requireFolder } from './paths.js';
import type { Change } from '../resource.js';
import { decodeText, showContent } from './text.js';
import { validateWords } from './validate-command.js';

/** A file of which a part is managed. */
export interface EditedFile extends Attributes {
  readonly path: string;
  readonly validate?: string;
  readonly backup?: boolean;
  /** what a missing file means: it is made, it is an error, or there is nothing to do */
  readonly missing: 'create' | 'error' | 'nothing';
  /** the wanted text, from the text that is there; `encode` brings strings of the user into its alphabet */
  edit(text: string, encode: (given: string) => string): string;
}

/** Links are followed: what they point to is edited, as an editor would. */
export function editedFileQueries(file: EditedFile, known: Answers): Query[] {
  const path = followLinks(file.path, known);
  const beyond: Query[] =
    path === undefined || path === file.path ? [] : [{ kind: 'content', path }, folderQuery(path)];
  return [
    ...linkQueries(file.path, known),
    { kind: 'content', path: file.path },
    folderQuery(file.path),
    ...beyond,
    ...attributeQueries(file),
  ];
}

/** @throws TaskError where there is no text file to edit; MissingPrerequisiteError when the file, its folder or an owner is missing */
export function editedFileChanges(file: EditedFile, answers: Answers): Change[] {
  if (file.validate !== undefined) validateWords(file.validate);
  const { path, current } = locate(file, answers);
  if (!current) {
    if (file.missing === 'nothing') return [];
    if (file.missing === 'error') {
      throw new MissingPrerequisiteError(`${path} does not exist`, { hint: 'create: true makes it' });
    }
    requireFolder(path, answers);
  }
  const edit = editContent(file, answers);
  if (edit.changed) requireReplaceable({ ...file, path }, answers);
  const content: Change[] = edit.changed
    ? [
        {
          subject: path,
          field: 'content',
          before: edit.before && showContent(edit.before),
          after: showContent(edit.after),
        },
      ]
    : [];
  return [...content, ...attributeChanges({ ...file, path, type: 'file' }, current, answers)];
}

/** One write where the text differs, else the attributes alone. */
export function editedFileSteps(file: EditedFile, changes: readonly Change[], answers: Answers): Step[] {
  const { path, current } = locate(file, answers);
  if (!changes.some((change) => change.subject === path && change.field === 'content'))
    return attributeSteps(path, changes);
  return [
    {
      kind: 'write',
      path,
      content: editContent(file, answers).after,
      ...stepAttributes(file, 'file', current),
      ...(file.validate === undefined ? {} : { validate: validateWords(file.validate) }),
      ...(file.backup === true ? { backup: true } : {}),
    },
  ];
}

function locate(file: EditedFile, answers: Answers): { path: string; current: ExistingFile | undefined } {
  const path = followLinks(file.path, answers)!;
  const current = answers.get<'file'>({ kind: 'file', path });
  if (!current.exists) return { path, current: undefined };
  if (current.type !== 'file')
    throw new TaskError(`${path} is ${current.type === 'directory' ? 'a folder' : 'no regular file'}`);
  return { path, current };
}

/** A file that is not there is edited as an empty one; it is made even when its text stays empty. */
function editContent(
  file: EditedFile,
  answers: Answers,
): { before: Buffer | null; after: Buffer; changed: boolean } {
  const { path, current } = locate(file, answers);
  const content = answers.get<'content'>({ kind: 'content', path });
  if (content.state === 'large') {
    throw new TaskError(`${path} is larger than 1 MiB: too large to edit`, {
      hint: 'write it whole with `copy` or `template`',
    });
  }
  if (current && content.state !== 'content')
    throw new TaskError(`${path} cannot be read`, { hint: 'become: true' });
  const before = content.state === 'content' ? content.content : null;
  const { text, encode, toBuffer } = decodeText(before ?? Buffer.alloc(0));
  const edited = file.edit(text, encode);
  if (before !== null && edited === text) return { before, after: before, changed: false };
  return { before, after: toBuffer(edited), changed: true };
}
