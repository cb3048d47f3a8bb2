import { TagError, splitTemplate } from './parts.js';
import { JinjaText, Vaulted, type Template } from './template.js';

/** Jinja's own words: `{%d}` and the like of other languages are none of it. */
const STATEMENT =
  /\{%[-+]?\s*(?:raw|end\w+|if|elif|else|for|set|block|macro|call|filter|include|import|from|extends|with|autoescape|do|break|continue|trans|pluralize|debug)\b/;

/** Between tags that stand in the place of their text; no word of Jinja. */
const TAG = '\u0001';

/**
 * Where a text holds what Jinja, Ansible's template language, would expand: `{{ }}`, `{% %}`, `{# #}`. It may be meant as it is: in Go's
 * templates, for instance.
 * @returns the offset; undefined where there is none
 */
export function findJinja(text: string): number | undefined {
  if (!text.includes('{')) return undefined;
  const found = [
    pair(text, text.indexOf('{{'), '}}'),
    pair(text, STATEMENT.exec(text)?.index ?? -1, '%}'),
    // `${#name}` is the length of a variable of sh.
    pair(text, /(?<!\$)\{#/.exec(text)?.index ?? -1, '#}'),
  ].filter((offset) => offset !== undefined);
  return found.length === 0 ? undefined : Math.min(...found);
}

function pair(text: string, start: number, closing: string): number | undefined {
  return start >= 0 && text.lastIndexOf(closing) >= start + 2 ? start : undefined;
}

/**
 * The same for the text of a template: what stands in its tags is JavaScript, and from `<%# raw %>` to `<%# endraw %>`, or to the end,
 * all is meant as it is.
 */
export function findJinjaInTemplate(source: string): number | undefined {
  if (findJinja(source) === undefined) return undefined;
  try {
    return findJinja(textAlone(source));
  } catch (error) {
    // Of a template that is wrong something else is told.
    if (error instanceof TagError) return undefined;
    throw error;
  }
}

/** Where a loaded text has Jinja that nothing would expand. */
export function jinjaIn(text: Template): number | undefined {
  if (text instanceof JinjaText) return findJinja(text.source) ?? 0;
  return text instanceof Vaulted ? undefined : findJinjaInTemplate(text.source);
}

/** With everything else taken out, and each character where it was. */
function textAlone(source: string): string {
  let raw = false;
  return splitTemplate(source)
    .map(({ kind, start, end }) => {
      const piece = source.slice(start, end);
      if (kind === 'comment') {
        const word = /^<%#\s*(raw|endraw)\s*[-_]?%>$/.exec(piece)?.[1];
        raw = word === undefined ? raw : word === 'raw';
      }
      return kind === 'text' && !raw ? piece : TAG.repeat(piece.length);
    })
    .join('');
}
