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

/** Options may hold blanks between double quotes, with `\"` for a quote. */
function splitOutsideQuotes(line: string): string[] {
  return line.match(/(?:"(?:\\.|[^"\\])*"|[^\s"]|"(?![^"]*"))+/g) ?? [];
}
