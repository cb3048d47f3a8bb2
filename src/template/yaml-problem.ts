import type { YAMLError } from 'yaml';

/** What is wrong with a YAML file, in plain words, and what to try. */
export interface YamlProblem {
  readonly message: string;
  readonly hint: string;
}

const QUOTE_TEMPLATE =
  'Put a value that holds <%= … %> in quotes: ": ", " #", braces and brackets mean something in YAML.';

/** Explain an error of the YAML library. `line` is the text of the line at fault. */
export function explainYamlError(error: YAMLError, line: string): YamlProblem {
  const problem = explainCode(error);
  return line.includes('<%') ? { ...problem, hint: QUOTE_TEMPLATE } : problem;
}

function explainCode(error: YAMLError): YamlProblem {
  switch (error.code) {
    case 'DUPLICATE_KEY':
      return {
        message: 'this key is given twice in the same map',
        hint: 'Remove one of them or merge their values.',
      };
    case 'TAB_AS_INDENT':
      return { message: 'a tab is used for indentation', hint: 'YAML is indented with spaces only.' };
    case 'MULTIPLE_DOCS':
      return {
        message: 'the file holds several documents',
        hint: 'Remove the "---" between them, or split the file.',
      };
    case 'BAD_INDENT':
    case 'BLOCK_IN_FLOW':
      return {
        message: plain(error),
        hint: 'Line the entry up with the ones before it; a list or map that stays open needs its ] or }.',
      };
    case 'BLOCK_AS_IMPLICIT_KEY':
    case 'MULTILINE_IMPLICIT_KEY':
    case 'MISSING_CHAR':
    case 'UNEXPECTED_TOKEN':
      return {
        message: plain(error),
        hint: 'Look for a missing quote, ":" or "-", or for a value with ": " in it that needs quotes.',
      };
    case 'BAD_SCALAR_START':
      return { message: plain(error), hint: 'Put the value in quotes.' };
    case 'BAD_ALIAS':
      return {
        message: plain(error),
        hint: 'An alias (*name) needs an anchor (&name) before it. A value that starts with * needs quotes.',
      };
    case 'BAD_DQ_ESCAPE':
      return {
        message: plain(error),
        hint: 'In double quotes a backslash starts an escape: write \\\\ or use single quotes.',
      };
    case 'TAG_RESOLVE_FAILED':
      return {
        message: plain(error),
        hint: 'Known tags are !vault and !unsafe. A value that starts with ! needs quotes.',
      };
    default:
      return {
        message: plain(error),
        hint: 'Check the indentation and the quotes of this line and the one before it.',
      };
  }
}

function plain(error: YAMLError): string {
  const text = error.message.replace(/\s+/g, ' ').trim();
  return text.charAt(0).toLowerCase() + text.slice(1);
}
