import { isUtf8 } from 'node:buffer';
import { noteFile } from './note-file.js';
import type { Part } from './part.js';
import { quote, quoteAll } from './quote.js';
import type { Step, WriteStep } from './step.js';

/** Names of one group are arguments of one program. */
const MOST = 400;

/**
 * Files of one folder that are written one after the other with nothing special about any of them: by step, the parts that write each
 * such run of steps together. The first part of a group does it all, so a group's failure is its first step's; the others are empty.
 * One by one each file costs a host ten programs and two flushes of its disk; together they cost as many as one does.
 */
export function writeGroups(steps: readonly Step[], keep: number): ReadonlyMap<number, Part> {
  const parts = new Map<number, Part>();
  let at = 0;
  while (at < steps.length) {
    const group = groupFrom(steps, at);
    if (group.length > 1) {
      parts.set(at, { code: groupCode(group), ok: [0], keep });
      for (let other = at + 1; other < at + group.length; other += 1)
        parts.set(other, { code: ':', ok: [0], keep, quiet: true });
    }
    at += Math.max(1, group.length);
  }
  return parts;
}

type PlainWrite = WriteStep & { readonly content: Buffer; readonly mode: number };

function groupFrom(steps: readonly Step[], start: number): PlainWrite[] {
  const group: PlainWrite[] = [];
  const names = new Set<string>();
  for (const step of steps.slice(start, start + MOST)) {
    if (step.kind !== 'write' || !isPlain(step) || names.has(step.path)) break;
    const [first = step] = group;
    if (folderOf(step) !== folderOf(first) || !sameAttributes(step, first)) break;
    names.add(step.path);
    group.push(step);
  }
  return group;
}

/** A mode that is not named is that of the file that is there, and may differ from file to file. */
function isPlain(step: WriteStep): step is PlainWrite {
  const { path, content, mode, validate, backup } = step;
  return (
    path.startsWith('/') &&
    Buffer.isBuffer(content) &&
    mode !== undefined &&
    validate === undefined &&
    backup !== true
  );
}

function sameAttributes(a: WriteStep, b: WriteStep): boolean {
  return a.mode === b.mode && a.owner === b.owner && a.group === b.group;
}

function folderOf({ path }: WriteStep): string {
  return path.slice(0, path.lastIndexOf('/'));
}

function groupCode(group: readonly PlainWrite[]): string {
  const [first] = group as [PlainWrite];
  const names = group.map(({ path }) => `./${path.slice(path.lastIndexOf('/') + 1)}`);
  const attributes = [first.mode.toString(8).padStart(4, '0'), first.owner ?? '', first.group ?? ''];
  const code = [
    `stage_files ${quoteAll([first.path])} || exit 1`,
    ...group.map(({ content }, index) => `${contentCode(content)} >${quote(names[index]!)} || exit 1`),
    `place_files ${quoteAll([...attributes, ...names])}`,
  ].join('\n');
  // In a variable first: of a shell that a signal ended bash prints the command, and that must not show a secret.
  return `body=${quote(code)}
if by_owner ${quote(first.path)} entry "$body"; then note_writers ${quoteAll(group.map(({ path }) => noteFile(path)))}
else code $?; fi`;
}

/** Text needs no program: printf is sh's own. */
function contentCode(content: Buffer): string {
  return isUtf8(content) && !content.includes(0)
    ? `printf %s ${quote(content.toString('utf8'))}`
    : `printf %s ${quote(content.toString('base64'))} | base64 -d`;
}
