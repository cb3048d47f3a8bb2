import type { Sourced } from '../template/template.js';
import type { Layer, Level } from './layers.js';

/** One level's value of a variable. The one that counts is `winner`. */
export interface Explained extends Sourced {
  readonly level: Level;
  readonly owner: string | undefined;
  readonly winner: boolean;
}

/** Every level that sets a variable, strongest first, with where it does. Empty: no level does. */
export function explainVariable(name: string, layers: readonly Layer[]): Explained[] {
  const found = layers.flatMap(({ level, owner, vars }) => {
    const sourced = vars.get(name);
    return sourced ? [{ level, owner, value: sourced.value, position: sourced.position }] : [];
  });
  // What group_vars hold counts among the variables of a group, and once more above those of all groups.
  const once = found
    .reverse()
    .filter(
      (one, index) =>
        found.findIndex(({ value, position }) => value === one.value && position === one.position) === index,
    );
  return once.map((one, index) => ({ ...one, winner: index === 0 }));
}
