/** How a scalar is written in YAML. */
export type ScalarStyle = 'plain' | 'single' | 'double' | 'block';

/**
 * For each character of a scalar's value, the offset in the file where it was written: escapes, folded lines and
 * indentation shift them. Where a character cannot be told exactly, the nearest one is given.
 *
 * @param value what the scalar reads as
 * @param raw the file
 * @param start offset of the scalar's first character, after an opening quote or a block scalar's header
 */
export function alignScalar(value: string, raw: string, start: number, style: ScalarStyle): Uint32Array {
  const offsets = new Uint32Array(value.length + 1);
  let at = start;
  for (let index = 0; index < value.length; index += 1) {
    const char = value[index]!;
    if (style === 'double') at = skipLineContinuation(raw, at);
    if (style === 'double' && raw[at] === '\\') {
      offsets[index] = at;
      const length = escapeLength(raw, at);
      if (char >= '\ud800' && char <= '\udbff') offsets[++index] = at;
      at += length;
      continue;
    }
    if (raw[at] !== char) at = seek(raw, at, char);
    offsets[index] = at;
    if (raw[at] === char) at += style === 'single' && char === "'" ? 2 : 1;
    else if (char === ' ' && isBreak(raw[at])) at = skipSpace(raw, at);
  }
  offsets[value.length] = at;
  return offsets;
}

/** Past indentation and line breaks to the next `char`, or no step at all when something else stands there. */
function seek(raw: string, at: number, char: string): number {
  let next = at;
  while (next < raw.length && isSpace(raw[next]) && raw[next] !== char) next += 1;
  return raw[next] === char ? next : at;
}

function skipSpace(raw: string, at: number): number {
  let next = at;
  while (next < raw.length && isSpace(raw[next])) next += 1;
  return next;
}

function skipLineContinuation(raw: string, at: number): number {
  return raw[at] === '\\' && isBreak(raw[at + 1]) ? skipSpace(raw, at + 1) : at;
}

function escapeLength(raw: string, at: number): number {
  const hex = { x: 2, u: 4, U: 8 }[raw[at + 1] ?? ''];
  return 2 + (hex ?? 0);
}

function isBreak(char: string | undefined): boolean {
  return char === '\n' || char === '\r';
}

function isSpace(char: string | undefined): boolean {
  return char === ' ' || char === '\t' || isBreak(char);
}
