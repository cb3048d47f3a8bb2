import { RESERVED_NAMES } from '../variables/reserved.js';
import { Template, type Sourced } from '../template/template.js';
import type { Variables } from './model.js';
import { entriesOf, isMapping, showKind, wrong, wrongKey, type YamlNode } from './node.js';

const RESERVED = new Set(
  (
    'await break case catch class const continue debugger default delete do else enum export extends false finally for ' +
    'function if implements import in instanceof interface let new null package private protected public return static ' +
    'super switch this throw true try typeof undefined var void while with yield arguments eval'
  ).split(' '),
);

/** Variables of a mapping, with the places of their names. @throws ConfigurationError for a name that no expression could use */
export function readVariables(node: YamlNode | undefined): Variables {
  if (!node || node.value === null) return new Map();
  if (!isMapping(node.value)) {
    const hint =
      node.value instanceof Template ? 'Name the variables one by one.' : 'Write "name: value" lines.';
    throw wrong(node, `variables are a mapping of names to values, not ${showKind(node.value)}`, hint);
  }
  return new Map(
    entriesOf(node).map(([name, child]): [string, Sourced] => {
      checkName(node, name);
      return [name, { value: child.value, position: node.document.keyAt(child.path) }];
    }),
  );
}

/** @throws ConfigurationError at the key */
export function checkName(node: YamlNode, name: string): void {
  const problem = nameProblem(name);
  if (problem) throw wrongKey(node, name, problem.message, problem.hint);
}

/** What keeps a name from being a variable's. */
export function nameProblem(name: string): { readonly message: string; readonly hint: string } | undefined {
  if (RESERVED_NAMES.has(name)) {
    return {
      message: `"${name}" is set by the run itself and cannot be given`,
      hint: 'Choose another name.',
    };
  }
  if (RESERVED.has(name)) {
    return {
      message: `"${name}" is a word of JavaScript and no variable's name`,
      hint: `Choose another name, for example ${name}_value.`,
    };
  }
  if (/^[A-Za-z_]\w*$/.test(name)) return undefined;
  const usable = name.replace(/\W+/g, '_').replace(/^(?=\d)/, '_');
  return {
    message: `"${name}" is not a variable's name`,
    hint: `Letters, digits and _ only, no digit first: ${usable}.`,
  };
}
