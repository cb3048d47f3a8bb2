import { formatKey, parseKey, type AuthorizedKey } from './parse-key.js';

export interface KeysEdit {
  readonly keys: readonly AuthorizedKey[];
  /** `only`: keys that are not given go */
  readonly want: 'present' | 'absent' | 'only';
}

/** The text of an authorized_keys file after the edit. Comments, blank lines and the order of the keys stay. */
export function editKeys(text: string, { keys, want }: KeysEdit): string {
  const lines = text === '' ? [] : text.replace(/\n$/, '').split('\n');
  const wanted = new Map(keys.map((key) => [key.blob, key]));
  const seen = new Set<string>();
  const kept = lines.flatMap((line) => {
    const found = parseKey(line);
    if (!found) return [line];
    const key = wanted.get(found.blob);
    if (want === 'absent') return key ? [] : [line];
    if (!key) return want === 'only' ? [] : [line];
    if (seen.has(found.blob)) return [];
    seen.add(found.blob);
    return [sameKey(found, key) ? line : formatKey({ ...key, comment: key.comment || found.comment })];
  });
  const added =
    want === 'absent' ? [] : [...wanted.values()].filter((key) => !seen.has(key.blob)).map(formatKey);
  const result = [...kept, ...added];
  return result.length === 0 ? '' : `${result.join('\n')}\n`;
}

/** A comment that is not given is not managed. */
function sameKey(found: AuthorizedKey, wanted: AuthorizedKey): boolean {
  return (
    found.type === wanted.type &&
    found.options === wanted.options &&
    (wanted.comment === '' || found.comment === wanted.comment)
  );
}
