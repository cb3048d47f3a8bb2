import type { Sourced } from '../template/template.js';
import type { Layer, Level } from './layers.js';

/** One level's value of a variable. The one that counts is `winner`. */
export interface Explained extends Sourced {
  readonly level: Level;
  readonly winner: boolean;
}

/** Every level that sets a variable, strongest first, with where it does. Empty: no level does. */
export function explainVariable(name: string, layers: readonly Layer[]): Explained[] {
  const found = layers.flatMap(({ level, vars }) => {
    const sourced = vars.get(name);
    return sourced ? [{ level, value: sourced.value, position: sourced.position }] : [];
  });
  return found.reverse().map((one, index) => ({ ...one, winner: index === 0 }));
}
