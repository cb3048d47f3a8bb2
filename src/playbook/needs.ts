import { ConfigurationError } from '../errors.js';
import { didYouMean } from '../schema.js';
import type { Needed, Play } from './model.js';
import { itemsOf, placeOf, type YamlNode } from './node.js';

/** `needs`: names of plays before this one. */
export function readNeeds(node: YamlNode | undefined): Needed[] | undefined {
  return node && itemsOf(node).map((item) => ({ name: String(item.value), position: placeOf(item) }));
}

/** @throws ConfigurationError where a play needs one that is not before it */
export function checkNeeds(plays: readonly Play[]): void {
  for (const [index, { needs = [] }] of plays.entries()) {
    const before = plays.slice(0, index).map(({ name }) => name);
    for (const { name, position } of needs) {
      if (before.includes(name)) continue;
      const later = plays.slice(index).some((play) => play.name === name);
      throw new ConfigurationError(
        later
          ? `the play "${name}" is not before this one`
          : `there is no play "${name}"${didYouMean(name, before)}`,
        { position, hint: 'A play can only need plays that stand before it in the playbook.' },
      );
    }
  }
}
