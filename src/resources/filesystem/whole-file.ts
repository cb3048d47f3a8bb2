import { LARGEST_HELD, sumOf, type Content, type FileContent } from '../../agent/content.js';
import type { Answers, ContentQuery, FileQuery, Query, SumQuery } from '../../agent/query.js';
import type { Step } from '../../agent/step.js';
import { TaskError } from '../../errors.js';
import {
  attributeChanges,
  attributeQueries,
  attributeSteps,
  requireReplaceable,
  stepAttributes,
  type Attributes,
  type ExistingFile,
} from './attributes.js';
import { folderQuery, requireFolder } from './paths.js';
import type { Change } from '../resource.js';
import { showContent, shownSum } from './text.js';
import { validateWords } from './validate-command.js';

/** A file of which every byte is known. */
export interface WholeFile extends Attributes {
  readonly path: string;
  readonly content: Content;
  /** the command of the parameter of that name */
  readonly validate?: string;
  readonly backup?: boolean;
  /** `create`: the content of a file that is there is left alone */
  readonly write?: 'always' | 'create';
  /** the folder is made by another step of the same task */
  readonly folder?: 'made';
}

/** The content is asked only where it differs: a host in sync sends no file. */
export function wholeFileQueries(file: WholeFile): Query[] {
  const content: Query[] = file.write === 'create' ? [] : [compareQuery(file)];
  const folder: Query[] = file.folder === 'made' ? [] : [folderQuery(file.path)];
  return [fileQuery(file), ...content, ...folder, ...attributeQueries(file)];
}

/** @throws TaskError where a folder or device is in the way; MissingPrerequisiteError when the folder or an owner is missing */
export function wholeFileChanges(file: WholeFile, answers: Answers): Change[] {
  if (file.validate !== undefined) validateWords(file.validate);
  const current = existing(file, answers);
  const replaceable = file.write !== 'create';
  const attributes = attributeChanges({ ...file, type: 'file', replaceable }, current, answers);
  if (file.backup === true && current?.shared !== undefined) refuseBackup(file.path, current.shared);
  if (!current && file.folder !== 'made') requireFolder(file.path, answers);
  const content = contentChanges(file, answers);
  if (content.length > 0) requireReplaceable(file, answers);
  return [...content, ...attributes];
}

/** One write where the content differs, else the attributes alone. */
export function wholeFileSteps(file: WholeFile, changes: readonly Change[], answers: Answers): Step[] {
  const rewritten = changes.some(
    (change) => change.subject === file.path && ['state', 'content', 'checksum'].includes(change.field),
  );
  // Where others may exchange it, it is made anew with its attributes.
  const anew = changes.length > 0 && existing(file, answers)?.shared !== undefined;
  if (!rewritten && !anew) return attributeSteps(file.path, changes);
  return [
    {
      kind: 'write',
      path: file.path,
      content: file.content,
      ...stepAttributes(file, 'file', existing(file, answers)),
      ...(file.validate === undefined ? {} : { validate: validateWords(file.validate) }),
      ...(file.backup === true ? { backup: true } : {}),
    },
  ];
}

/** @throws TaskError: at the name of the former file, or of its copy, there could be a link at any moment */
export function refuseBackup(path: string, shared: string): never {
  throw new TaskError(`no backup of ${path} can be kept: others than root may write to ${shared}`, {
    hint: `backup: false; or take their right to write there away (chmod go-w ${shared})`,
  });
}

function fileQuery(file: WholeFile): FileQuery {
  return { kind: 'file', path: file.path };
}

function compareQuery({ path, content }: WholeFile): ContentQuery | SumQuery {
  return Buffer.isBuffer(content) ? contentQuery(path, content) : sumQuery(path, content);
}

function contentQuery(path: string, content: Buffer): ContentQuery {
  return { kind: 'content', path, unless: sumOf(content) };
}

function sumQuery(path: string, { size }: FileContent): SumQuery {
  return { kind: 'sum', path, size };
}

/** The regular file that is there. A link is not one: it is replaced, and what it points to is left alone. */
function existing(file: WholeFile, answers: Answers): ExistingFile | undefined {
  const current = answers.get<'file'>(fileQuery(file));
  return current.exists && current.type === 'file' ? current : undefined;
}

function contentChanges(file: WholeFile, answers: Answers): Change[] {
  const subject = file.path;
  const current = answers.get<'file'>(fileQuery(file));
  const after = Buffer.isBuffer(file.content) ? showContent(file.content) : shownSum(file.content);
  if (!current.exists) return [{ subject, field: 'content', before: null, after }];
  if (current.type === 'directory') throw new TaskError(`${subject} is a folder, not a file`);
  if (current.type === 'other') throw new TaskError(`${subject} is a device, socket or pipe, not a file`);
  if (file.write === 'create') return [];
  if (current.type === 'link') {
    return [
      { subject, field: 'state', before: `link to ${current.target ?? '?'}`, after: 'file' },
      { subject, field: 'content', before: null, after },
    ];
  }
  if (!Buffer.isBuffer(file.content)) return largeChanges(subject, file.content, answers);
  const content = answers.get<'content'>(contentQuery(subject, file.content));
  switch (content.state) {
    case 'same':
      return [];
    case 'content':
      return [{ subject, field: 'content', before: showContent(content.content), after }];
    case 'large':
      return [largeChange(subject, file.content, content.sha256)];
    case 'absent':
      return [{ subject, field: 'content', before: null, after }];
  }
}

/** Only large files are answered so: a content that is none differs from it, whatever its sum. */
function largeChange(subject: string, content: Buffer, sha256: string | null): Change {
  if (sha256 === null && content.length > LARGEST_HELD) {
    throw new TaskError(`the checksum of ${subject} is not there in time`, {
      hint: 'is it a very large file, or the disk of the host stuck?',
    });
  }
  const before = sha256 ?? 'of a file that is too large to read it';
  return { subject, field: 'checksum', before, after: sumOf(content) };
}

/** Of a large file sizes and sums are all that there is to say. */
function largeChanges(subject: string, content: FileContent, answers: Answers): Change[] {
  const current = answers.get<'sum'>(sumQuery(subject, content));
  const after = shownSum(content);
  if (current.state === 'absent') return [{ subject, field: 'content', before: null, after }];
  if (current.sha256 === content.sha256 && current.size === content.size) return [];
  return [{ subject, field: 'content', before: shownSum(current), after }];
}
