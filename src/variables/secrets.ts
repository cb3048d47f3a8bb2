/** The values that must not be shown. */
export interface Secrets {
  add(value: string): void;
  /** The text with every known secret, and its common encodings, replaced. */
  redact(text: string): string;
  readonly values: ReadonlySet<string>;
}

export function createSecrets(): Secrets {
  throw new Error('being written');
}
