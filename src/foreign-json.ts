/** Why a text that hosts, services and programs say is not read as JSON. */
export class JsonRefused extends SyntaxError {}

/** Levels of nesting: what goes through values calls itself for each. */
const DEEPEST = 200;
/** Characters. */
const LONGEST = 8 * 1024 * 1024;
/** Values of a text: an empty one of three characters takes 20 times their memory. */
const MOST = 500_000;

const [QUOTE, BACKSLASH, COMMA, OPEN_LIST, CLOSE_LIST, OPEN_MAP, CLOSE_MAP] = [...'"\\,[]{}'].map((char) =>
  char.charCodeAt(0),
);

/**
 * Read what somebody else has said as JSON.
 * @throws SyntaxError for what is no JSON; JsonRefused, which is one, for what is too long, too deep or too much
 */
export function parseForeignJson(text: string): unknown {
  if (text.length > LONGEST)
    throw new JsonRefused(`JSON of more than ${LONGEST / 1024 / 1024} million characters`);
  checkShape(text);
  return JSON.parse(text);
}

/** The same; undefined for everything that cannot be read. */
export function readForeignJson(text: string): unknown {
  try {
    return parseForeignJson(text);
  } catch {
    return undefined;
  }
}

/** Every character once. Texts that are no JSON may pass: they are refused afterwards. */
function checkShape(text: string): void {
  let depth = 0;
  let values = 1;
  for (let at = 0; at < text.length; at += 1) {
    switch (text.charCodeAt(at)) {
      case QUOTE:
        at = endOfString(text, at);
        break;
      case OPEN_LIST:
      case OPEN_MAP:
        depth += 1;
        values += 1;
        if (depth > DEEPEST) throw new JsonRefused(`JSON nested deeper than ${DEEPEST} levels`);
        break;
      case CLOSE_LIST:
      case CLOSE_MAP:
        depth -= 1;
        break;
      case COMMA:
        values += 1;
        break;
    }
    if (values > MOST) throw new JsonRefused(`JSON of more than ${MOST} values`);
  }
}

function endOfString(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) return at;
    if (code === BACKSLASH) at += 1;
  }
  return text.length;
}
