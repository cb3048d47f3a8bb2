import { TaskError, messageOf } from '../../errors.js';

/**
 * A regular expression as Ansible's playbooks have it, in JavaScript: `(?i)` at the beginning, `(?P<name>…)`, `(?P=name)`,
 * `\A` and `\Z` are Python's; the rest means the same. It is held against one line.
 * @throws TaskError when it is no regular expression
 */
export function parseRegExp(source: string, parameter: string): RegExp {
  const flags = /^\(\?([imsu]+)\)/.exec(source)?.[1] ?? '';
  const body = source
    .slice(flags === '' ? 0 : flags.length + 3)
    .replace(/\\[^]|\(\?P<|\(\?P=(\w+)\)/g, (token, name?: string) => {
      if (token === '\\A') return '^';
      if (token === '\\Z') return '$';
      if (token === '(?P<') return '(?<';
      return name === undefined ? token : `\\k<${name}>`;
    });
  try {
    return new RegExp(body, flags.replace('u', ''));
  } catch (error) {
    throw new TaskError(`${parameter}: ${messageOf(error)}`, { cause: error });
  }
}

/** Python's template of a replacement: `\1`, `\g<1>`, `\g<name>`, `\\`, `\n` and `\t`. @throws TaskError for a group that is not there */
export function expandMatch(match: RegExpExecArray, template: string): string {
  return template.replace(
    /\\(?:(\d{1,2})|g<(\w+)>|([^]))/g,
    (token, number?: string, name?: string, char?: string) => {
      if (char !== undefined) return { '\\': '\\', n: '\n', t: '\t' }[char] ?? token;
      const key = number ?? name!;
      const value = /^\d+$/.test(key) ? groupAt(match, Number(key)) : match.groups?.[key];
      if (value === undefined && !hasGroup(match, key))
        throw new TaskError(`line: ${token} names no group of regexp`);
      return value ?? '';
    },
  );
}

function groupAt(match: RegExpExecArray, index: number): string | undefined {
  return match[index];
}

function hasGroup(match: RegExpExecArray, key: string): boolean {
  return /^\d+$/.test(key) ? Number(key) < match.length : match.groups !== undefined && key in match.groups;
}
