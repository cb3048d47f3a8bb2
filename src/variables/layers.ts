import type { Sourced } from '../template/template.js';

/** The six levels of variables, weakest first. */
export const LEVELS = [
  'role defaults',
  'inventory',
  'play vars',
  'role parameters',
  'task vars',
  'extra vars',
] as const;

export type Level = (typeof LEVELS)[number];

/** Variables of one level. Of a name in several layers the strongest layer's value counts as a whole: maps are not merged. */
export interface Layer {
  readonly level: Level;
  /** whose they are, where a level has several: a role, a group, a host */
  readonly owner?: string;
  readonly vars: ReadonlyMap<string, Sourced>;
}
