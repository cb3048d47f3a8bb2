/** One line of an authorized_keys file, sshd(8): `[options] type base64 [comment]`. */
export interface AuthorizedKey {
  readonly options: string;
  readonly type: string;
  readonly blob: string;
  readonly comment: string;
}

const TYPE =
  /^(ssh-(?:rsa|dss|ed25519)|ecdsa-sha2-nistp\d+|sk-ssh-ed25519@openssh\.com|sk-ecdsa-sha2-nistp256@openssh\.com|ssh-[\w@.-]+-cert-v01@openssh\.com|ecdsa-[\w@.-]+-cert-v01@openssh\.com)$/;

/** Undefined for a line that is no key: a comment, a blank line, or something else. */
export function parseKey(line: string): AuthorizedKey | undefined {
  const words = splitOutsideQuotes(line.trim());
  const at = words.findIndex((word) => TYPE.test(word));
  const blob = words[at + 1];
  if (
    at < 0 ||
    at > 1 ||
    line.trimStart().startsWith('#') ||
    blob === undefined ||
    !/^[A-Za-z0-9+/]+=*$/.test(blob)
  )
    return undefined;
  return {
    options: at === 1 ? words[0]! : '',
    type: words[at]!,
    blob,
    comment: words.slice(at + 2).join(' '),
  };
}

export function formatKey({ options, type, blob, comment }: AuthorizedKey): string {
  return [options, type, blob, comment].filter((word) => word !== '').join(' ');
}

/**
 * Options may hold blanks between double quotes, with `\"` for a quote. A quote that is not closed is a character as any other. Each
 * character is looked at once, or twice behind such a quote: the line is whatever its user has written.
 */
function splitOutsideQuotes(line: string): string[] {
  const words: string[] = [];
  let start = -1;
  let closes = true;
  for (let at = 0; at <= line.length; at += 1) {
    const char = line[at];
    if (char === undefined || /\s/.test(char)) {
      if (start >= 0) words.push(line.slice(start, at));
      start = -1;
      continue;
    }
    if (start < 0) start = at;
    if (char !== '"' || !closes) continue;
    const end = closingQuote(line, at);
    // Where one is not closed, none behind it is.
    if (end < 0) closes = false;
    else at = end;
  }
  return words;
}

function closingQuote(line: string, open: number): number {
  for (let at = open + 1; at < line.length; at += 1) {
    if (line[at] === '"') return at;
    if (line[at] === '\\') at += 1;
  }
  return -1;
}
