import type { Form } from './secret-forms.js';

/** A piece of a text: from, up to and without. */
export type Range = readonly [start: number, end: number];

/** Whether a text was cut off at its ends, so that a secret may have lost its end or beginning there. */
export interface Edges {
  readonly openStart: boolean;
  readonly openEnd: boolean;
}

/**
 * Many texts looked for in one pass. What counts is the first four characters of each: a place where none of them begins costs a
 * look into a table, so that a text is searched in time that grows with its length alone.
 */
export interface FormIndex {
  readonly size: number;
  add(form: string): void;
  /**
   * Where these texts stand, and where the beginning or the end of one stands beside a cut: `…`, `...`, or an open edge. They may
   * overlap, and are in no order.
   */
  find(text: string, edges: Edges): Range[];
  /** whether the whole text is a piece of one of them */
  holds(text: string): boolean;
}

/** What is shorter could be anything. */
export const SHORTEST = 4;
const FILTER = 0xffff;

export function createFormIndex(): FormIndex {
  const heads = createTable();
  const tails = createTable();
  const all: string[] = [];
  return {
    get size() {
      return all.length;
    },
    add(form) {
      if (form.length < SHORTEST) return;
      all.push(form);
      heads.add(hashAt(form, 0), form);
      tails.add(hashAt(form, form.length - SHORTEST), form);
    },
    find(text, edges) {
      const found: Range[] = [];
      if (all.length === 0 || text.length < SHORTEST) return found;
      findHeads(text, edges.openEnd, heads, found);
      if (edges.openStart || text.includes('...') || text.includes('…'))
        findTails(text, edges.openStart, tails, found);
      return found;
    },
    holds: (text) => all.some((form) => form.length > text.length && form.includes(text)),
  };
}

interface Table {
  readonly filter: Uint8Array;
  readonly forms: Map<number, string[]>;
  add(hash: number, form: string): void;
}

function createTable(): Table {
  const filter = new Uint8Array(FILTER + 1);
  const forms = new Map<number, string[]>();
  return {
    filter,
    forms,
    add(hash, form) {
      filter[hash & FILTER] = 1;
      const same = forms.get(hash);
      if (same) same.push(form);
      else forms.set(hash, [form]);
    },
  };
}

function hashAt(text: string, at: number): number {
  return hashOf(
    text.charCodeAt(at),
    text.charCodeAt(at + 1),
    text.charCodeAt(at + 2),
    text.charCodeAt(at + 3),
  );
}

function hashOf(a: number, b: number, c: number, d: number): number {
  return (
    (Math.imul(a, 0x9e3779b1) ^
      Math.imul(b, 0x85ebca6b) ^
      Math.imul(c, 0xc2b2ae35) ^
      Math.imul(d, 0x27d4eb2f)) >>>
    7
  );
}

function findHeads(text: string, openEnd: boolean, { filter, forms }: Table, found: Range[]): void {
  let [a, b, c] = [text.charCodeAt(0), text.charCodeAt(1), text.charCodeAt(2)];
  for (let at = 0; at + SHORTEST <= text.length; at += 1) {
    const d = text.charCodeAt(at + 3);
    const hash = hashOf(a, b, c, d);
    [a, b, c] = [b, c, d];
    if (filter[hash & FILTER] === 0) continue;
    let end = 0;
    for (const form of forms.get(hash) ?? []) {
      const length = commonLength(form, text, at);
      if (at + length <= end || length < SHORTEST) continue;
      if (length === form.length || isCutNear(length, (less) => isCutAt(text, at + length - less, openEnd)))
        end = at + length;
    }
    if (end > 0) found.push([at, end]);
  }
}

function findTails(text: string, openStart: boolean, { filter, forms }: Table, found: Range[]): void {
  for (let end = text.length; end >= SHORTEST; end -= 1) {
    const hash = hashAt(text, end - SHORTEST);
    if (filter[hash & FILTER] === 0) continue;
    let start = end;
    for (const form of forms.get(hash) ?? []) {
      const length = commonTail(form, text, end);
      if (length === form.length || end - length >= start) continue;
      if (isCutNear(length, (less) => isCutBefore(text, end - length + less, openStart)))
        start = end - length;
    }
    if (end - start >= SHORTEST) found.push([start, end]);
  }
}

function commonLength(form: string, text: string, at: number): number {
  const most = Math.min(form.length, text.length - at);
  let length = 0;
  while (length < most && form.charCodeAt(length) === text.charCodeAt(at + length)) length += 1;
  return length;
}

function commonTail(form: string, text: string, end: number): number {
  const most = Math.min(form.length, end);
  let length = 0;
  while (length < most && form.charCodeAt(form.length - 1 - length) === text.charCodeAt(end - 1 - length))
    length += 1;
  return length;
}

/** What was cut off may go on as the mark of the cut does, with a dot or a backslash. */
function isCutNear(length: number, isCut: (less: number) => boolean): boolean {
  for (let less = 0; less <= 3 && length - less >= SHORTEST; less += 1) if (isCut(less)) return true;
  return false;
}

/** What cuts a text says so with dots, on the same line or the next, behind a quotation mark or not. */
const CUT = /(?:\r?\n|(?:\\r)?\\n|["'])?(?:\.\.\.|…)/y;

/** What such a mark begins with, for a first look. */
const BEFORE_CUT = new Set([...'.…\r\n\\"\''].map((char) => char.charCodeAt(0)));

function isCutAt(text: string, at: number, openEnd: boolean): boolean {
  if (at === text.length) return openEnd;
  if (!BEFORE_CUT.has(text.charCodeAt(at))) return false;
  CUT.lastIndex = at;
  return CUT.test(text);
}

const AFTER_CUT = new Set([...'.…\nn"\''].map((char) => char.charCodeAt(0)));

function isCutBefore(text: string, at: number, openStart: boolean): boolean {
  if (at === 0) return openStart;
  if (!AFTER_CUT.has(text.charCodeAt(at - 1))) return false;
  return /(?:\.\.\.|…)(?:\r?\n|(?:\\r)?\\n|["'])?$/.test(text.slice(Math.max(0, at - 8), at));
}

export function addForms(
  forms: readonly Form[],
  index: FormIndex,
  wrapping: FormIndex,
  known: Set<string>,
): void {
  for (const { text, wraps } of forms) {
    if (known.has(text)) continue;
    known.add(text);
    index.add(text);
    if (wraps) wrapping.add(text);
  }
}
