/** An argument that is a bare expression (Resource.expressions), after the executor has evaluated it. */
export interface Evaluated {
  readonly source: string;
  readonly value: unknown;
}

export function isEvaluated(value: unknown): value is Evaluated {
  return typeof value === 'object' && value !== null && 'source' in value && 'value' in value;
}

/** A value on one line: a text as it is, anything else as JSON. */
export function showValue(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? 'undefined');
}
