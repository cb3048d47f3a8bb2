import { looksLikeJinja } from '../template/yaml.js';
import { isList, isMapping, wrong, type YamlNode } from './node.js';
import type { Loaded } from '../template/template.js';
import { toJavaScript } from './to-javascript.js';

/**
 * Refuse a text with `{{ }}` or `{% %}`: it would reach the host as it is.
 * @throws ConfigurationError at the text
 */
export function checkNoJinja(root: YamlNode): void {
  const path = findJinja(root.value, [], root);
  if (!path) return;
  const text = textAt(root.value, path);
  throw wrong(
    { value: null, document: root.document, path },
    'this is Jinja, which is not expanded here',
    hintFor(text, path),
  );
}

/** Keys whose texts are bare expressions. */
const CONDITIONS = ['when', 'changed_when', 'failed_when', 'until', 'that'];

function hintFor(text: string, path: readonly (string | number)[]): string {
  const key = path.findLast((step) => typeof step === 'string');
  const bare = CONDITIONS.includes(String(key)) ? toJavaScript(text) : undefined;
  if (bare !== undefined) return `Write the expression alone: ${bare}`;
  const written = text.replace(
    /\{\{-?(.*?)-?\}\}/gs,
    (_, code: string) => `<%= ${toJavaScript(code) ?? code.trim()} %>`,
  );
  const usable = !text.includes('{%') && text.length < 200 && !/\||\n/.test(written);
  return `${usable ? `Write ${written}` : 'Write <%= name %>'}, or tag a text that is meant as it is with !unsafe.`;
}

function textAt(value: Loaded, path: readonly (string | number)[]): string {
  const found = path.reduce<unknown>((at, step) => (at as Record<string | number, unknown>)[step], value);
  return String(found);
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
