import { ConfigurationError, type ErrorContext } from '../errors.js';

/** A template or an expression could not be evaluated. */
export class EvaluationError extends ConfigurationError {
  readonly #trail: string[];

  constructor(message: string, context: ErrorContext = {}) {
    const trail = [...(context.detail ?? [])];
    super(message, { ...context, detail: trail });
    this.#trail = trail;
  }

  /** Add what the failed text was wanted for, one line a level. */
  note(line: string): this {
    this.#trail.push(line);
    return this;
  }
}

/** A name that no variable has. */
export class UndefinedVariableError extends EvaluationError {
  readonly variable: string;

  constructor(variable: string, context: ErrorContext & { readonly suggestion?: string } = {}) {
    super(`undefined variable "${variable}"${context.suggestion ?? ''}`, {
      hint: `Define it in group_vars, host_vars or a role's defaults, or write vars.${variable} ?? 'a default'.`,
      ...context,
    });
    this.variable = variable;
  }
}
