import { looksLikeJinja } from '../template/yaml.js';
import { isList, isMapping, wrong, type YamlNode } from './node.js';
import type { Loaded } from '../template/template.js';

/**
 * Refuse a text with `{{ }}` or `{% %}`: it would reach the host as it is.
 * @throws ConfigurationError at the text
 */
export function checkNoJinja(root: YamlNode): void {
  const path = findJinja(root.value, [], root);
  if (!path) return;
  const node = { value: null, document: root.document, path };
  throw wrong(
    node,
    'this is Jinja, which is not expanded here',
    'Write <%= name %>; in "when" and other conditions the bare name. A text that is meant as it is gets the tag !unsafe.',
  );
}

function findJinja(
  value: Loaded,
  path: readonly (string | number)[],
  root: YamlNode,
): readonly (string | number)[] | undefined {
  if (typeof value === 'string')
    return looksLikeJinja(value) && !root.document.isUnsafe(path) ? path : undefined;
  const inner = isList(value) ? value.entries() : isMapping(value) ? Object.entries(value) : [];
  for (const [key, one] of inner) {
    const found = findJinja(one, [...path, key], root);
    if (found) return found;
  }
  return undefined;
}
