/** The values that must not be shown. */
export interface Secrets {
  /** Values of fewer than 4 characters are ignored: taking "a" or "10" out of every line would hide all and protect nothing. */
  add(value: string): void;
  /**
   * The text with every known secret, and its common encodings, replaced. Of a secret of several lines each line counts,
   * so that a stream can be redacted line by line.
   */
  redact(text: string): string;
  /** The same with something of one's own in the place of each. */
  replace(text: string, instead: (secret: string) => string): string;
  readonly values: ReadonlySet<string>;
}

const HIDDEN = '********';
const SHORTEST = 4;

/** An empty collection of secrets for one run. */
export function createSecrets(): Secrets {
  const values = new Set<string>();
  const forms = new Set<string>();
  let pattern: RegExp | undefined;
  const replace = (text: string, instead: (secret: string) => string): string => {
    if (forms.size === 0 || text === '') return text;
    pattern ??= patternOf(forms);
    return text.replace(pattern, (match) => instead(match));
  };
  return {
    values,
    redact: (text) => replace(text, () => HIDDEN),
    replace,
    add(value) {
      if (value.length < SHORTEST || values.has(value)) return;
      values.add(value);
      for (const form of formsOf(value)) if (form.length >= SHORTEST) forms.add(form);
      pattern = undefined;
    },
  };
}

/** Longest first: of two secrets that start alike the longer one is taken out whole. */
function patternOf(forms: ReadonlySet<string>): RegExp {
  const longestFirst = [...forms].sort((a, b) => b.length - a.length);
  return new RegExp(longestFirst.map((form) => form.replace(/[$()*+./?[\\\]^{|}]/g, '\\$&')).join('|'), 'g');
}

/** The value as it is and as it looks inside of JSON, URLs, sh words, headers and logs. */
function formsOf(value: string): string[] {
  const whole = [value, value.trim()].flatMap((text) => [text, ...encodings(text)]);
  const lines = value.includes('\n') ? value.split(/\r?\n/).map((line) => line.trim()) : [];
  return [...whole, ...lines.flatMap((line) => [line, ...encodings(line)])];
}

function encodings(text: string): string[] {
  const json = JSON.stringify(text).slice(1, -1);
  return [
    json,
    JSON.stringify(json).slice(1, -1),
    text.replaceAll("'", `'\\''`),
    text.replaceAll("'", `'"'"'`),
    text.replaceAll("'", "''"),
    text.replaceAll('\\', '\\\\').replaceAll("'", "\\'"),
    text.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`),
    text.replace(
      /[&<>"']/g,
      (char) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' })[char] ?? char,
    ),
    ...urlForms(text),
    ...base64Forms(text),
  ];
}

function urlForms(text: string): string[] {
  // encodeURIComponent refuses half of a surrogate pair, which no URL can hold.
  if (/\p{Surrogate}/u.test(text)) return [];
  const encoded = encodeURIComponent(text);
  const strict = encoded.replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
  return [encoded, strict, strict.replaceAll('%20', '+'), encodeURI(text)];
}

function base64Forms(text: string): string[] {
  const bytes = Buffer.from(text, 'utf8');
  const padded = bytes.toString('base64');
  const bare = padded.replace(/=+$/, '');
  return [padded, bare, bytes.toString('base64url'), bytes.toString('hex')].filter(
    (form) => form.length >= 8,
  );
}
