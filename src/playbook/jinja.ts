import { ConfigurationError } from '../errors.js';
import { findJinja, jinjaIn } from '../template/jinja.js';
import { Template } from '../template/template.js';
import { isList, isMapping, wrong, wrongKey, type YamlNode } from './node.js';
import { toJavaScript } from './to-javascript.js';

/**
 * Refuse a text with `{{ }}`, `{% %}` or `{# #}`: it would reach the host as it is.
 * @param shown whether messages may quote it: not where it comes out of a vault
 * @throws ConfigurationError at the text
 */
export function checkNoJinja(root: YamlNode, shown: boolean): void {
  const found = findIn(root);
  if (!found) return;
  const { node, text, offset } = found;
  const message = 'this is Jinja, which is not expanded here';
  if (text === undefined) {
    const key = String(node.path.at(-1));
    throw wrongKey({ ...node, path: node.path.slice(0, -1) }, key, message, MEANT_AS_IT_IS);
  }
  const error = wrong(node, message, shown ? hintFor(text.source, node.path) : MEANT_AS_IT_IS);
  const exact = text.positionAt(offset);
  // Of a text of many lines the line is what helps.
  throw exact.line === error.position?.line
    ? error
    : new ConfigurationError(message, { position: exact, hint: error.hint });
}

const MEANT_AS_IT_IS = 'Write <%= name %> for {{ name }}, or tag a text that is meant as it is with !unsafe.';

/** Keys whose texts are bare expressions. */
const CONDITIONS = ['when', 'changed_when', 'failed_when', 'until', 'that'];

/** How a text with Jinja is written here, as far as that can be told. */
function hintFor(text: string, path: readonly (string | number)[]): string {
  const key = path.findLast((step) => typeof step === 'string');
  const bare = CONDITIONS.includes(String(key)) ? toJavaScript(text) : undefined;
  if (bare !== undefined) return `Write the expression alone: ${bare}`;
  const written = writtenHere(text) ?? '<%= name %>';
  return text.includes('<%')
    ? `Write ${written}, or put what is meant as it is into a tag: <%= '{{ name }}' %>.`
    : `Write ${written}, or tag a text that is meant as it is with !unsafe.`;
}

/** A text with Jinja as an EJS template; undefined where it is not simple enough. */
export function writtenHere(text: string): string | undefined {
  const written = text.replace(
    /\{\{-?(.*?)-?\}\}/gs,
    (_, code: string) => `<%= ${toJavaScript(code) ?? code.trim()} %>`,
  );
  const usable = findJinja(written) === undefined && text.length < 200 && !/\||\n/.test(written);
  return usable ? written : undefined;
}

interface Found {
  /** the text's, or that of a key's value */
  readonly node: YamlNode;
  /** undefined: the key is what was found */
  readonly text: Template | undefined;
  readonly offset: number;
}

function findIn(node: YamlNode): Found | undefined {
  const { value, document, path } = node;
  const text = value instanceof Template ? value : undefined;
  if (text) {
    const offset = jinjaIn(text);
    return offset === undefined ? undefined : { node, text, offset };
  }
  const inner = isList(value) ? value.entries() : isMapping(value) ? Object.entries(value) : [];
  for (const [key, one] of inner) {
    const child = { value: one, document, path: [...path, key] };
    if (typeof key === 'string' && findJinja(key) !== undefined && !document.isUnsafe(path))
      return { node: child, text: undefined, offset: 0 };
    const found = findIn(child);
    if (found) return found;
  }
  return undefined;
}
