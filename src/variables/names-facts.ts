import { factNames } from '../agent/facts.js';
import { Template, type Loaded, type Sourced } from '../template/template.js';

const FACT = new RegExp(`\\bansible_(?:facts|${factNames.join('|')})\\b`);

/**
 * Whether a text names a fact. Facts cost a host half a dozen programs, so they are asked for along with the first questions only where
 * something may read them. A name that is put together (`vars['ansible_' + x]`) is not seen here; such facts are asked for when they are
 * read, by a request of their own.
 */
export function namesFacts(text: string): boolean {
  return FACT.test(text);
}

/** The same for the templates of variables. */
export function variablesNameFacts(variables: ReadonlyMap<string, Sourced>): boolean {
  return [...variables.values()].some(({ value }) => valueNamesFacts(value));
}

function valueNamesFacts(value: Loaded): boolean {
  if (value instanceof Template) return namesFacts(value.source);
  return typeof value === 'object' && value !== null && Object.values(value).some(valueNamesFacts);
}
