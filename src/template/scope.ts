/** The variables that a template or an expression sees. */
export interface Scope {
  has(name: string): boolean;
  /**
   * The value of a name that `has` knows.
   * @throws PendingValue when it is not there yet
   */
  get(name: string): unknown;
  names(): Iterable<string>;
  /** what can be called besides the built-in functions, for example `lookup`; variables of the same name win */
  readonly functions?: Readonly<Record<string, (...args: never[]) => unknown>>;
}

/**
 * Thrown by reading a value that will be there later: a registered result, a fact. It is no failure and passes through
 * rendering untouched, so that whoever asked can wait and ask again.
 */
export class PendingValue extends Error {
  /** what is awaited, for people */
  readonly what: string;
  readonly ready: Promise<unknown> | undefined;

  constructor(what: string, ready?: Promise<unknown>) {
    super(`${what} is not known yet`);
    this.name = 'PendingValue';
    this.what = what;
    this.ready = ready;
  }
}

/**
 * Thrown in a dry run by reading what only an unapplied change would bring. It never comes: what needs it cannot be planned,
 * and may change.
 */
export class UnknownValue extends PendingValue {
  constructor(what: string) {
    super(what);
    this.name = 'UnknownValue';
    this.message = `it depends on ${what}, which only the run itself brings`;
  }
}

/** A scope of values that are there already. None is ever compiled. */
export function plainScope(values: Readonly<Record<string, unknown>>): Scope {
  return {
    has: (name) => Object.hasOwn(values, name),
    get: (name) => values[name],
    names: () => Object.keys(values),
  };
}
