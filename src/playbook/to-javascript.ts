import { parse } from 'acorn';

const NAME = String.raw`[\w$.§]+(?:\[[^\]]*\]|\([^()]*\))*`;
const NEXT = String.raw`(?:${NAME}|\([^()]*\)|\[[^\]]*\])`;

/** Python and Jinja on the left, JavaScript on the right. `§1§` stands for a text in quotes. Tried in this order, each everywhere. */
const RULES: readonly (readonly [RegExp, string | ((...groups: string[]) => string)])[] = [
  [/^\s*\{\{(.*)\}\}\s*$/s, '$1'],
  [
    new RegExp(String.raw`(${NAME})\s+is\s+(?:not\s+defined|undefined)\b`, 'g'),
    (_, name) => known(name!, '!'),
  ],
  [
    new RegExp(String.raw`(${NAME})\s+is\s+(?:defined|not\s+undefined)\b`, 'g'),
    (_, name) => known(name!, ''),
  ],
  [new RegExp(String.raw`(${NAME})\s+is\s+not\s+(?:none|None)\b`, 'g'), '$1 !== null'],
  [new RegExp(String.raw`(${NAME})\s+is\s+(?:none|None)\b`, 'g'), '$1 === null'],
  [new RegExp(String.raw`(${NAME})\s+is\s+(?:succeeded|success|successful)\b`, 'g'), '!$1.failed'],
  [new RegExp(String.raw`(${NAME})\s+is\s+(failed|changed|skipped)\b`, 'g'), '$1.$2'],
  [new RegExp(String.raw`(${NAME})\s+is\s+not\s+(failed|changed|skipped)\b`, 'g'), '!$1.$2'],
  [
    new RegExp(String.raw`(${NAME})\s+is\s+(search|match|regex)\(([^()]*)\)`, 'g'),
    (_, name, test, pattern) => `regexTest(${name!}, ${pattern!}${test === 'match' ? ", 'y'" : ''})`,
  ],
  [new RegExp(String.raw`(${NEXT})\s+not\s+in\s+(${NEXT})`, 'g'), '!$2.includes($1)'],
  [new RegExp(String.raw`(${NEXT})\s+in\s+(${NEXT})`, 'g'), '$2.includes($1)'],
  [/\b(True|False)\b/g, (_, word) => word!.toLowerCase()],
  [/\bNone\b/g, 'null'],
  [new RegExp(String.raw`\bnot\s+(${NAME}\s*(?:==|!=|<=|>=|<|>)\s*${NAME})`, 'g'), '!($1)'],
  [/\bnot\s+/g, '!'],
  [/\band\b/g, '&&'],
  [/\bor\b/g, '||'],
];

/** Jinja's filters that have a short form in JavaScript: the value on the left, the arguments in parentheses on the right. */
const FILTERS: Readonly<Record<string, (value: string, args: string) => string>> = {
  default: (value, args) => `(${/^\w+$/.test(value) ? `vars.${value}` : value} ?? ${args || '""'})`,
  d: (value, args) => `(${/^\w+$/.test(value) ? `vars.${value}` : value} ?? ${args || '""'})`,
  bool: (value) => value,
  list: (value) => value,
  int: (value) => `Number(${value})`,
  float: (value) => `Number(${value})`,
  string: (value) => `String(${value})`,
  length: (value) => `${value}.length`,
  count: (value) => `${value}.length`,
  lower: (value) => `${value}.toLowerCase()`,
  upper: (value) => `${value}.toUpperCase()`,
  trim: (value) => `${value}.trim()`,
  first: (value) => `${value}[0]`,
  last: (value) => `${value}.at(-1)`,
  join: (value, args) => `${value}.join(${args || "''"})`,
  unique: (value) => `unique(${value})`,
  basename: (value) => `basename(${value})`,
  dirname: (value) => `dirname(${value})`,
};

const FILTERED = new RegExp(
  String.raw`(${NEXT})\s*\|\s*(${Object.keys(FILTERS).join('|')})\b(?:\(([^()]*)\))?`,
);

/**
 * A condition that was written in Ansible's language, in JavaScript. Only for a hint: undefined when it holds nothing of
 * Python or Jinja, or when the result would not be an expression.
 */
export function toJavaScript(source: string): string | undefined {
  const texts: string[] = [];
  let code = source.replace(/'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"/g, (text) => `§${texts.push(text) - 1}§`);
  const before = code;
  for (let match = FILTERED.exec(code); match; match = FILTERED.exec(code)) {
    const [whole, value = '', filter = '', args = ''] = match;
    code =
      code.slice(0, match.index) + FILTERS[filter]!(value, args) + code.slice(match.index + whole.length);
  }
  for (const [pattern, replacement] of RULES) code = code.replace(pattern, replacement as string);
  if (code === before) return undefined;
  const restored = code.replace(/§(\d+)§/g, (_, index: string) => texts[Number(index)]!).trim();
  return isExpression(restored) ? restored : undefined;
}

/** @param not `!` or nothing */
function known(name: string, not: '!' | ''): string {
  if (/^\w+$/.test(name)) return `${not}defined('${name}')`;
  return `${name} ${not === '' ? '!==' : '==='} undefined`;
}

function isExpression(code: string): boolean {
  try {
    parse(
      `(${code}
)`,
      { ecmaVersion: 2024 },
    );
    return true;
  } catch {
    return false;
  }
}
