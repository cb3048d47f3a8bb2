import { ConfigurationError } from '../errors.js';
import { matchesPatternList } from '../transport/pattern-list.js';
import type { SshConfigFile, SshConfigLine, SshSetting } from './ssh-config.js';
import { sshOption } from './ssh-options.js';

export interface Asked {
  /** the name by which the host is called */
  readonly host: string;
  /** what is known before any file is read: wins over files */
  readonly user?: string | undefined;
  readonly hostName?: string | undefined;
  /** who runs the controller */
  readonly localUser: string;
  /** options, by their names in the manual, of which no value in a file can count any more */
  readonly given?: readonly string[];
}

/**
 * The settings that the files have for a host, in order: of most options the first counts. Nothing is run and no name is looked up,
 * so some conditions cannot be decided: what stands under them is left out, and is an error where it decides on trust.
 * @throws ConfigurationError for such a setting, with its place
 */
export function evaluateSshConfig(files: readonly SshConfigFile[], asked: Asked): SshSetting[] {
  const first = new Evaluation(asked, []);
  first.read(files);
  if (!first.wantsFinal) return first.end(files);
  // A second reading under the name that was found; what is set stays, and so does the name.
  const found = { name: 'HostName', words: [first.hostName], where: 'Match final' };
  const last = new Evaluation(asked, [...first.settings, found], first.hostName);
  last.read(files);
  return last.end(files);
}

/** Whether a section counts; `unknown` where only ssh could find out. */
type Verdict = 'yes' | 'no' | 'unknown';

class Evaluation {
  readonly settings: SshSetting[];
  wantsFinal = false;
  readonly #asked: Asked;
  readonly #set = new Map<string, SshSetting>();
  /** in the second reading, which `Match final` asks for: the name that the first has found */
  readonly #final: string | undefined;
  #undecided: { setting: SshSetting; under: string } | undefined;

  constructor(asked: Asked, settings: readonly SshSetting[], final?: string) {
    this.#asked = asked;
    this.#final = final;
    this.settings = [...settings];
    for (const setting of settings) this.#note(setting);
  }

  get hostName(): string {
    const name = this.#asked.hostName ?? this.#value('hostname') ?? this.#final ?? this.#asked.host;
    return name.replaceAll('%h', this.#asked.host);
  }

  read(files: readonly SshConfigFile[]): void {
    for (const file of files) this.#readLines(file.lines, { verdict: 'yes', under: '' });
  }

  /** @throws ConfigurationError for what could not be decided */
  end(files: readonly SshConfigFile[]): SshSetting[] {
    if (/^(yes|always|true)$/i.test(this.#value('canonicalizehostname') ?? ''))
      for (const file of files) this.#readUnmatched(file.lines);
    if (this.#undecided === undefined) return this.settings;
    const { setting, under } = this.#undecided;
    throw new ConfigurationError(
      `${setting.name} stands under "${under}", and whether that holds cannot be decided here`,
      {
        host: this.#asked.host,
        ...(setting.position ? { position: setting.position } : {}),
        hint: `It decides on trust, so it is not passed over. Put it under a Host with the names it is meant for; programs of Match are not run, and no name is looked up.`,
      },
    );
  }

  #readLines(lines: readonly SshConfigLine[], above: { verdict: Verdict; under: string }): void {
    for (const line of lines) {
      if (line.kind === 'setting') this.#take(line.setting, above);
      else if (line.kind === 'include') for (const file of line.files) this.#readLines(file.lines, above);
      else {
        const own = line.head === 'host' ? this.#host(line.words) : this.#match(line.words, line.where);
        const verdict = both(above.verdict, own);
        const under =
          own === 'unknown'
            ? `${line.head === 'host' ? 'Host' : 'Match'} ${line.words.join(' ')}`
            : above.under;
        this.#readLines(line.lines, { verdict, under });
      }
    }
  }

  #take(setting: SshSetting, { verdict, under }: { verdict: Verdict; under: string }): void {
    if (verdict === 'yes') {
      this.settings.push(setting);
      this.#note(setting);
    } else if (verdict === 'unknown') this.#leave(setting, under);
  }

  /** What is set already would win in any case. */
  #leave(setting: SshSetting, under: string): void {
    const option = sshOption(setting.name);
    if (!option?.trust || this.#asked.given?.includes(option.name)) return;
    if (!this.#set.has(option.name) || option.name === 'IdentityFile') this.#undecided ??= { setting, under };
  }

  /** With CanonicalizeHostname, sections that do not match now might under the canonical name. */
  #readUnmatched(lines: readonly SshConfigLine[]): void {
    for (const line of lines) {
      if (line.kind === 'include') for (const file of line.files) this.#readUnmatched(file.lines);
      else if (line.kind === 'section') {
        const verdict = line.head === 'host' ? this.#host(line.words) : this.#match(line.words, line.where);
        const under = `${line.head === 'host' ? 'Host' : 'Match'} ${line.words.join(' ')}, with CanonicalizeHostname`;
        if (verdict === 'no') this.#leaveAll(line.lines, under);
        else this.#readUnmatched(line.lines);
      }
    }
  }

  #leaveAll(lines: readonly SshConfigLine[], under: string): void {
    for (const line of lines) {
      if (line.kind === 'setting') this.#leave(line.setting, under);
      else if (line.kind === 'section') this.#leaveAll(line.lines, under);
      else for (const file of line.files) this.#leaveAll(file.lines, under);
    }
  }

  #note(setting: SshSetting): void {
    const name = sshOption(setting.name)?.name ?? setting.name.toLowerCase();
    if (!this.#set.has(name)) this.#set.set(name, setting);
  }

  #value(name: string): string | undefined {
    return this.#set.get(sshOption(name)?.name ?? name)?.words.join(' ');
  }

  #host(patterns: readonly string[]): Verdict {
    return matchesPatternList(patterns, this.#final ?? this.#asked.host) ? 'yes' : 'no';
  }

  #match(words: readonly string[], where: string): Verdict {
    let verdict: Verdict = 'yes';
    for (let at = 0; at < words.length; at += 1) {
      const [, not, attribute] = /^(!?)([^=]*)$/s.exec(words[at]!.toLowerCase()) ?? [];
      const isPlain = attribute === 'all' || attribute === 'final' || attribute === 'canonical';
      const value = isPlain ? '' : words[(at += 1)];
      if (attribute === undefined || value === undefined)
        throw new ConfigurationError(`${where}: Match ${words.join(' ')} is not understood`, {
          hint: 'ssh -G HOST shows what ssh makes of it.',
        });
      const holds = this.#criterion(attribute, value);
      verdict = both(verdict, not === '!' ? opposite(holds) : holds);
    }
    return verdict;
  }

  #criterion(attribute: string, value: string): Verdict {
    const list = value.split(',');
    const listHas = (name: string): Verdict => (matchesPatternList(list, name) ? 'yes' : 'no');
    const hostHas = (name: string): Verdict =>
      matchesPatternList(
        list.map((one) => one.toLowerCase()),
        name.toLowerCase(),
      )
        ? 'yes'
        : 'no';
    switch (attribute) {
      case 'all':
        return 'yes';
      case 'final':
        this.wantsFinal = true;
        return this.#final === undefined ? 'no' : 'yes';
      case 'canonical':
        return this.#final === undefined ? 'no' : 'yes';
      case 'host':
        return hostHas(this.hostName);
      case 'originalhost':
        return hostHas(this.#asked.host);
      case 'user':
        return listHas(this.#asked.user ?? this.#value('user') ?? this.#asked.localUser);
      case 'localuser':
        return listHas(this.#asked.localUser);
      case 'tagged':
        return listHas(this.#value('tag') ?? '');
      default:
        return 'unknown'; // exec, localnetwork, and what later releases of ssh have
    }
  }
}

function both(one: Verdict, other: Verdict): Verdict {
  if (one === 'no' || other === 'no') return 'no';
  return one === 'unknown' || other === 'unknown' ? 'unknown' : 'yes';
}

function opposite(verdict: Verdict): Verdict {
  if (verdict === 'unknown') return verdict;
  return verdict === 'yes' ? 'no' : 'yes';
}
