import type { Play } from './model.js';
import { itemsOf, wrong, type YamlNode } from './node.js';

/** `serial`: batch sizes as numbers of hosts or percentages (`30%`); the last one repeats. @throws ConfigurationError */
export function readSerial(node: YamlNode | undefined): Play['serial'] {
  if (!node) return [];
  return itemsOf(node).map((item) => {
    const { value } = item;
    if (typeof value === 'number' && value >= 1) return value;
    const [, digits, percent] = /^(\d+)(%?)$/.exec(String(value)) ?? [];
    const count = Number(digits);
    if (count >= 1 && percent === '') return count;
    if (count >= 1 && count <= 100) return `${count}%`;
    throw wrong(
      item,
      `serial must be 1 or more hosts, or a percentage of 1% to 100%, not ${JSON.stringify(value)}`,
    );
  });
}
