import { TaskError } from '../../errors.js';
import { bareLine, hasLine, insertLines, splitLines } from '../filesystem/lines.js';
import { parseRegExp } from '../filesystem/python-regexp.js';

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
  // No later run would find two lines as the one that was put there.
  if (!edit.backrefs && bareLine(edit.line!).includes('\n')) throw circle();
  const matches = matcherOf(edit);
  let current = text;
  // One is enough but where an empty line at the end of a text is none.
  for (let turn = 0; turn < 4; turn += 1) {
    const next = (matches && replaceMatching(current, edit, matches)) ?? putLine(current, edit, matches);
    if (next === current) return current;
    current = next;
  }
  throw circle();
}

/** How often what a line becomes may match again. */
const MOST_TURNS = 100;
/** Characters that a line may grow to meanwhile. */
const LONGEST = 1024 * 1024;

function circle(): TaskError {
  return new TaskError('every run would change the line again: regexp matches what `line` makes of it', {
    hint: 'write regexp so that it does not match the new line, or so that the new line stays the same',
  });
}

/**
 * The text with its last line that matches (or the first) replaced and, where what it becomes does not match any more, the one before it,
 * and so on: what run after run would come to, in one pass. Undefined when none matches.
 */
function replaceMatching(
  text: string,
  edit: LineEdit,
  matches: (line: string) => boolean,
): string | undefined {
  const lines = splitLines(text);
  let found = false;
  const { length } = lines;
  for (let turn = 0; turn < length; turn += 1) {
    const index = edit.firstmatch ? turn : length - 1 - turn;
    const before = bareLine(lines[index]!);
    if (!matches(before)) continue;
    found = true;
    const after = settled(before, edit, matches);
    lines[index] = `${after.line}${lines[index]!.slice(before.length)}`;
    if (after.matches) break;
  }
  return found ? lines.join('') : undefined;
}

/** What a line that matches becomes, and whether it is found again. @throws TaskError when it would become another one for ever */
function settled(
  before: string,
  edit: LineEdit,
  matches: (line: string) => boolean,
): { readonly line: string; readonly matches: boolean } {
  let current = before;
  for (let turn = 0; turn < MOST_TURNS && current.length <= LONGEST; turn += 1) {
    const next = edit.backrefs ? expand(current, edit) : bareLine(edit.line!);
    if (next === current) return { line: next, matches: true };
    // Several lines: the expression is held against each of them alone.
    if (next.includes('\n')) {
      const again = splitLines(next).map(bareLine).filter(matches);
      if (again.some((one) => expand(one, edit) !== one)) break;
      return { line: next, matches: again.length > 0 };
    }
    if (!matches(next)) return { line: next, matches: false };
    current = next;
  }
  throw circle();
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

/** No line matches. */
function putLine(text: string, edit: LineEdit, matches: unknown): string {
  const wanted = bareLine(edit.line!);
  if ((edit.backrefs && matches !== undefined) || hasLine(text, wanted)) return text;
  const lines = splitLines(text);
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
  return parseRegExp(regexp!, 'regexp').expand(line, bareLine(template!));
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
