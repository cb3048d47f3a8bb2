import { TaskError } from '../../errors.js';
import { bareLine, hasLine, insertLines, splitLines } from '../filesystem/lines.js';
import { expandMatch, parseRegExp } from '../filesystem/python-regexp.js';

/** What `lineinfile` does to a text; the names are those of its parameters. */
export interface LineEdit {
  readonly state: 'present' | 'absent';
  readonly line?: string;
  readonly regexp?: string;
  readonly search_string?: string;
  readonly insertafter?: string;
  readonly insertbefore?: string;
  readonly firstmatch: boolean;
  readonly backrefs: boolean;
}

/**
 * The text after the edit. It is edited until nothing changes any more, so that the next run finds it in sync.
 * @throws TaskError for a refused combination, and for an edit that would change its own result for ever
 */
export function editLine(text: string, edit: LineEdit): string {
  requireSense(edit);
  if (edit.state === 'absent') return removeLines(text, edit);
  let current = putLine(text, edit);
  if (current === text) return text;
  for (let left = splitLines(text).length; left >= 0; left -= 1) {
    const next = putLine(current, edit);
    if (next === current) return current;
    current = next;
  }
  throw new TaskError('every run would change the line again: regexp matches what `line` makes of it', {
    hint: 'write regexp so that it does not match the new line, or so that the new line stays the same',
  });
}

function requireSense({
  state,
  line,
  regexp,
  search_string,
  insertafter,
  insertbefore,
  backrefs,
}: LineEdit): void {
  if (regexp !== undefined && search_string !== undefined)
    throw new TaskError('give `regexp` or `search_string`, not both');
  if (insertafter !== undefined && insertbefore !== undefined)
    throw new TaskError('give `insertafter` or `insertbefore`, not both');
  if (backrefs && regexp === undefined) throw new TaskError('`backrefs` needs `regexp`');
  if (state === 'present' && line === undefined) throw new TaskError('`line` is needed with state: present');
  if (state === 'absent' && line === undefined && regexp === undefined && search_string === undefined) {
    throw new TaskError('state: absent needs `line`, `regexp` or `search_string`');
  }
}

function removeLines(text: string, edit: LineEdit): string {
  const { line, regexp, search_string } = edit;
  const matches = matcherOf(edit) ?? ((one: string): boolean => one === bareLine(line!));
  const kept = splitLines(text).filter((one) => !matches(bareLine(one)));
  return regexp === undefined && search_string === undefined && line === undefined ? text : kept.join('');
}

function putLine(text: string, edit: LineEdit): string {
  const wanted = bareLine(edit.line!);
  const matches = matcherOf(edit);
  if (matches === undefined && hasLine(text, wanted)) return text;
  const lines = splitLines(text);
  const found = matches === undefined ? -1 : findLine(lines, matches, edit.firstmatch);
  if (found >= 0) return replaceLine(lines, found, edit.backrefs ? expand(lines[found]!, edit) : wanted);
  if (edit.backrefs || (matches !== undefined && hasLine(text, wanted))) return text;
  return insertLines(lines, insertionPoint(lines, edit), [wanted]).join('');
}

function matcherOf({ regexp, search_string }: LineEdit): ((line: string) => boolean) | undefined {
  if (search_string !== undefined) return (line) => line.includes(search_string);
  if (regexp === undefined) return undefined;
  const pattern = parseRegExp(regexp, 'regexp');
  return (line) => pattern.test(line);
}

function findLine(lines: readonly string[], matches: (line: string) => boolean, first: boolean): number {
  const bare = lines.map(bareLine);
  return first ? bare.findIndex(matches) : bare.findLastIndex(matches);
}

function expand(line: string, { regexp, line: template }: LineEdit): string {
  return expandMatch(parseRegExp(regexp!, 'regexp').exec(bareLine(line))!, bareLine(template!));
}

function replaceLine(lines: readonly string[], index: number, wanted: string): string {
  const end = lines[index]!.slice(bareLine(lines[index]!).length);
  return lines.with(index, `${wanted}${end}`).join('');
}

/** A place that is not found is the end, as with Ansible. */
function insertionPoint(
  lines: readonly string[],
  { insertafter, insertbefore, firstmatch }: LineEdit,
): number {
  if (insertbefore === 'BOF') return 0;
  if (insertafter === 'EOF' || (insertafter === undefined && insertbefore === undefined)) return lines.length;
  const parameter = insertafter === undefined ? 'insertbefore' : 'insertafter';
  const pattern = parseRegExp((insertafter ?? insertbefore)!, parameter);
  const found = findLine(lines, (line) => pattern.test(line), firstmatch);
  if (found < 0) return lines.length;
  return insertafter === undefined ? found : found + 1;
}
