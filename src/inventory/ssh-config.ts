import SSHConfig from 'ssh-config';
import { ConfigurationError, messageOf, type Position } from '../errors.js';

/** One line `Option value` of a file in the form of ssh_config(5), or of arguments. */
export interface SshSetting {
  readonly name: string;
  /** the value in its words, quotes taken away */
  readonly words: readonly string[];
  /** for messages: `~/.ssh/config:12`, or the variable that holds the arguments */
  readonly where: string;
  readonly position?: Position;
}

/** A file, line by line; what stands below a `Host` or `Match` is in its section. */
export interface SshConfigFile {
  readonly lines: readonly SshConfigLine[];
}

export type SshConfigLine =
  | { readonly kind: 'setting'; readonly setting: SshSetting }
  | { readonly kind: 'include'; readonly files: readonly SshConfigFile[] }
  | {
      readonly kind: 'section';
      readonly head: 'host' | 'match';
      readonly words: readonly string[];
      readonly lines: readonly SshConfigLine[];
      readonly where: string;
    };

export interface ReadingSshConfig {
  /** the file's path, as messages show it */
  readonly file: string;
  /** the files that an `Include` of these words stands for, parsed */
  readonly include: (words: readonly string[], where: string) => readonly SshConfigFile[];
}

/**
 * Parse a text in the form of ssh_config(5).
 * @throws ConfigurationError with file:line for what ssh would not take either
 */
export function parseSshConfig(text: string, reading: ReadingSshConfig): SshConfigFile {
  let parsed: SSHConfig;
  try {
    parsed = SSHConfig.parse(text);
  } catch (error) {
    throw new ConfigurationError(`${reading.file} cannot be read: ${messageOf(error)}`, {
      hint: 'ssh -G HOST shows what ssh makes of it.',
    });
  }
  return { lines: linesOf(parsed, { line: 1 }, reading) };
}

/** What the parser calls a line, as far as it matters. It keeps all blanks and line ends, which gives the numbers of the lines back. */
interface Node {
  readonly type: number;
  readonly before: string;
  readonly after: string;
  readonly param?: string;
  readonly separator?: string;
  readonly value?: string | readonly { readonly val: string }[];
  readonly config?: readonly Node[];
}

function linesOf(
  nodes: readonly unknown[],
  at: { line: number },
  reading: ReadingSshConfig,
): SshConfigLine[] {
  return (nodes as readonly Node[]).flatMap((node): SshConfigLine[] => {
    at.line += endsIn(node.before);
    const { line } = at;
    at.line += endsIn(node.after);
    if (node.type !== SSHConfig.DIRECTIVE || node.param === undefined || node.param === '') return [];
    const where = `${reading.file}:${line}`;
    const position = { file: reading.file, line, col: 1 };
    if (!/^\w+$/.test(node.param) || endsIn(node.separator ?? '') > 0) {
      const [name = ''] = node.param.split(/\s/);
      throw new ConfigurationError(`"${name}" of an ssh configuration is not an option with a value`, {
        position,
      });
    }
    const words = wordsOf(node.value);
    const head = node.param.toLowerCase();
    if (head === 'host' || head === 'match')
      return [{ kind: 'section', head, words, lines: linesOf(node.config ?? [], at, reading), where }];
    if (head === 'include') return [{ kind: 'include', files: reading.include(words, where) }];
    return [{ kind: 'setting', setting: { name: node.param, words, where, position } }];
  });
}

function wordsOf(value: Node['value']): string[] {
  if (value === undefined) return [];
  return typeof value === 'string' ? [value] : value.map(({ val }) => val);
}

function endsIn(text: string): number {
  return text.split('\n').length - 1;
}
