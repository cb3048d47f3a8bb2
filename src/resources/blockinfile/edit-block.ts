import { TaskError } from '../../errors.js';
import { bareLine, insertLines, splitLines } from '../filesystem/lines.js';
import { parseRegExp } from '../filesystem/python-regexp.js';

/** What `blockinfile` does to a text; the names are those of its parameters. */
export interface BlockEdit {
  readonly state: 'present' | 'absent';
  readonly block: string;
  readonly marker: string;
  readonly marker_begin: string;
  readonly marker_end: string;
  readonly insertafter?: string;
  readonly insertbefore?: string;
}

/**
 * The text with the block in it, or without. A block that is there stays where it is.
 * @throws TaskError for markers that do not pair, and for a refused combination
 */
export function editBlock(text: string, edit: BlockEdit): string {
  const markers = markersOf(edit);
  const lines = splitLines(text);
  const range = findBlock(lines, markers);
  const block = splitLines(edit.block).map(bareLine);
  if (edit.state === 'absent' || block.length === 0) {
    return range === undefined ? text : lines.toSpliced(range.start, range.count).join('');
  }
  const clash = block.find((line) => line === markers.begin || line === markers.end);
  if (clash !== undefined) throw new TaskError(`the block holds its own marker line: ${clash}`);
  const wanted = [markers.begin, ...block, markers.end];
  if (range === undefined) return insertLines(lines, insertionPoint(lines, edit), wanted).join('');
  const current = lines.slice(range.start, range.start + range.count).map(bareLine);
  if (current.length === wanted.length && current.every((line, index) => line === wanted[index])) return text;
  return insertLines(lines.toSpliced(range.start, range.count), range.start, wanted).join('');
}

interface Markers {
  readonly begin: string;
  readonly end: string;
}

function markersOf({ marker, marker_begin, marker_end, insertafter, insertbefore }: BlockEdit): Markers {
  if (insertafter !== undefined && insertbefore !== undefined)
    throw new TaskError('give `insertafter` or `insertbefore`, not both');
  const [begin, end] = [
    marker.replaceAll('{mark}', () => marker_begin),
    marker.replaceAll('{mark}', () => marker_end),
  ];
  if (begin === end) throw new TaskError('`marker_begin` and `marker_end` are the same');
  return { begin, end };
}

function findBlock(
  lines: readonly string[],
  { begin, end }: Markers,
): { start: number; count: number } | undefined {
  const bare = lines.map(bareLine);
  const start = bare.indexOf(begin);
  const last = start < 0 ? bare.indexOf(end) : bare.indexOf(end, start);
  if (start < 0 && last < 0) return undefined;
  if (start < 0 || last < 0) {
    throw new TaskError(
      `the file has the marker line "${start < 0 ? end : begin}" but not "${start < 0 ? begin : end}"`,
      {
        hint: 'put the missing line back, or remove the other one',
      },
    );
  }
  return { start, count: last - start + 1 };
}

/** A place that is not found is the end, as with Ansible. */
function insertionPoint(lines: readonly string[], { insertafter, insertbefore }: BlockEdit): number {
  if (insertbefore === 'BOF') return 0;
  if (insertafter === 'EOF' || (insertafter === undefined && insertbefore === undefined)) return lines.length;
  const parameter = insertafter === undefined ? 'insertbefore' : 'insertafter';
  const pattern = parseRegExp((insertafter ?? insertbefore)!, parameter);
  const found = lines.map(bareLine).findLastIndex((line) => pattern.test(line));
  if (found < 0) return lines.length;
  return insertafter === undefined ? found : found + 1;
}
