/**
 * A template taken apart. Offsets count from the start of the template's source.
 * `output` is `<%= … %>` and `<%- … %>`, which mean the same here; `code` is `<% … %>` and `<%_ … %>`.
 */
export type Part = Plain<'text'> | Plain<'comment'> | Tag<'output'> | Tag<'code'>;

interface Plain<Kind> {
  readonly kind: Kind;
  readonly start: number;
  readonly end: number;
}

interface Tag<Kind> extends Plain<Kind> {
  readonly codeStart: number;
  readonly codeEnd: number;
}

/** Thrown by `splitTemplate` for a tag that is not closed, or a closing that closes nothing. */
export class TagError extends Error {
  readonly offset: number;

  constructor(message: string, offset: number) {
    super(message);
    this.offset = offset;
  }
}

const OPENINGS = ['<%%', '<%=', '<%-', '<%_', '<%#', '<%'] as const;
const CLOSING = /[-_%]?%>/g;

/**
 * Take a template apart as EJS does: `<%%` and `%%>` stand for a plain `<%` and `%>` and belong to the text.
 * @throws TagError
 */
export function splitTemplate(source: string): Part[] {
  const parts: Part[] = [];
  let at = 0;
  let textStart = 0;
  while (at < source.length) {
    const start = source.indexOf('<%', at);
    if (start === -1) break;
    const opening = OPENINGS.find((one) => source.startsWith(one, start))!;
    if (opening === '<%%') {
      at = start + opening.length;
      continue;
    }
    const codeStart = start + opening.length;
    const closing = findClosing(source, codeStart);
    if (!closing) throw new TagError(`"${opening}" is never closed by "%>"`, start);
    const inner = source.indexOf('<%', codeStart);
    if (inner !== -1 && inner < closing.start) {
      throw new TagError(`"${opening}" is not closed before the next "<%"`, start);
    }
    if (start > textStart) parts.push({ kind: 'text', start: textStart, end: start });
    const { end } = closing;
    if (opening === '<%#') parts.push({ kind: 'comment', start, end });
    else {
      const kind = opening === '<%=' || opening === '<%-' ? 'output' : 'code';
      parts.push({ kind, start, end, codeStart, codeEnd: closing.start });
    }
    at = end;
    textStart = end;
  }
  if (textStart < source.length) parts.push({ kind: 'text', start: textStart, end: source.length });
  return parts;
}

/** EJS ends a tag at the first closing, also inside of a string. `%%>` in a tag closes nothing. */
function findClosing(source: string, from: number): { start: number; end: number } | undefined {
  CLOSING.lastIndex = from;
  const match = CLOSING.exec(source);
  if (!match) return undefined;
  if (match[0] === '%%>')
    throw new TagError('"%%>" stands for a plain "%>" in text and cannot be in a tag', match.index);
  return { start: match.index, end: match.index + match[0].length };
}
