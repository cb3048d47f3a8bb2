import { ConfigurationError, type Position } from '../errors.js';
import { didYouMean } from '../schema.js';
import type { SshSetting } from './ssh-config.js';
import { sshOption, sshOptions } from './ssh-options.js';
import { splitWords } from './words.js';

/** What ssh's options say about a login; absent: nothing. Names as in ssh_config(5). */
export interface SshOptions {
  hostName?: string;
  port?: string;
  user?: string;
  identityFiles?: string[];
  /** use no keys of the agent besides those of the files */
  identitiesOnly?: boolean;
  /** a socket, or `none` */
  identityAgent?: string;
  knownHostsFiles?: string[];
  globalKnownHostsFiles?: string[];
  strictHostKeyChecking?: string;
  connectTimeout?: string;
  /** `user@host:port,host2`, or `none` */
  proxyJump?: string;
  /** every other option that is honoured, by its name in the manual: see ssh-trust.ts */
  others?: Map<string, SshSetting>;
}

const FLAGS_WITHOUT_MEANING = new Set(['-C', '-q', '-v', '-vv', '-vvv', '-tt', '-t', '-T']);

/**
 * Read arguments for ssh: `-o Option=value`, `-i`, `-J`, `-p`, `-l`. `where`: the variable that holds them.
 * @throws ConfigurationError for what is not understood: leaving it out in silence could log in somewhere else
 */
export function parseSshArgs(
  args: string,
  host: string,
  where: string,
  options: SshOptions = {},
): SshOptions {
  const split = splitWords(args);
  if ('open' in split) throw new ConfigurationError(`ssh arguments have an open quote: ${args}`, { host });
  const words = split.words.map((word) => word.text);
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at]!;
    if (FLAGS_WITHOUT_MEANING.has(word)) continue;
    if (word === '-4' || word === '-6') {
      const family = word === '-4' ? 'inet' : 'inet6';
      setSshOption({ name: 'AddressFamily', words: [family], where }, options, host);
      continue;
    }
    const flag = word.slice(0, 2);
    const value = word.length > 2 ? word.slice(2) : words[(at += 1)];
    if (value === undefined || !'oiJplW'.includes(flag[1] ?? ' ')) throw notUnderstood(word, host);
    readFlag(flag, value, options, { host, where });
  }
  return options;
}

interface From {
  readonly host: string;
  readonly where: string;
}

function readFlag(flag: string, value: string, options: SshOptions, from: From): void {
  switch (flag) {
    case '-o': {
      const [, name, setting] = /^\s*(\w+)\s*(?:=\s*|\s)(.*)$/s.exec(value) ?? [];
      const option = name === undefined ? undefined : sshOption(name);
      const elsewhere = option?.treatment.is === 'elsewhere' && !/^(no|none)$/i.test(setting!);
      if (name === undefined || option === undefined || elsewhere)
        throw notUnderstood(`-o ${value}`, from.host);
      setSshOption({ name, words: wordsIn(setting!), where: from.where }, options, from.host);
      return;
    }
    case '-i':
      options.identityFiles = [...(options.identityFiles ?? []), value];
      return;
    case '-J':
      options.proxyJump ??= value;
      return;
    case '-p':
      options.port ??= value;
      return;
    case '-l':
      options.user ??= value;
      return;
    default:
      throw notUnderstood(`${flag} ${value}`, from.host);
  }
}

/**
 * Take over one option, the first value winning as in ssh.
 * @throws ConfigurationError for one that is refused, or that nobody knows
 */
export function setSshOption(setting: SshSetting, options: SshOptions, host: string): void {
  const option = sshOption(setting.name);
  if (option === undefined) throw unknownOption(setting, host);
  const value = setting.words.join(' ');
  const { treatment, name } = option;
  if (treatment.is === 'refused' && !options.others?.has(name) && !treatment.unless?.test(value))
    throw refusedOption(setting, treatment.why, host);
  if (treatment.is === 'honoured' || treatment.is === 'refused')
    take(option.name, value, setting, options, host);
}

function take(name: string, value: string, setting: SshSetting, options: SshOptions, host: string): void {
  switch (name) {
    case 'Hostname':
      options.hostName ??= value;
      return;
    case 'Port':
      options.port ??= value;
      return;
    case 'User':
      options.user ??= value;
      return;
    case 'IdentityFile':
      options.identityFiles = [...(options.identityFiles ?? []), value];
      return;
    case 'IdentitiesOnly':
      options.identitiesOnly ??= isYes(setting, host);
      return;
    case 'IdentityAgent':
      options.identityAgent ??= value;
      return;
    case 'UserKnownHostsFile':
      options.knownHostsFiles ??= filesOf(setting);
      return;
    case 'GlobalKnownHostsFile':
      options.globalKnownHostsFiles ??= filesOf(setting);
      return;
    case 'StrictHostKeyChecking':
      options.strictHostKeyChecking ??= value.toLowerCase();
      return;
    case 'ConnectTimeout':
      options.connectTimeout ??= value;
      return;
    case 'ProxyJump':
      options.proxyJump ??= value;
      return;
    case 'ProxyCommand':
      if (options.proxyJump === undefined) options.proxyJump = jumpOfCommand(setting, host);
      return;
    default: {
      const others = (options.others ??= new Map<string, SshSetting>());
      if (!others.has(name)) others.set(name, setting);
    }
  }
}

/**
 * What yes and no are in ssh_config(5).
 * @throws ConfigurationError for anything else
 */
export function isYes(setting: SshSetting, host: string): boolean {
  const value = setting.words.join(' ').toLowerCase();
  if (value === 'yes' || value === 'true') return true;
  if (value === 'no' || value === 'false') return false;
  throw wrongValue(setting, host, 'yes or no');
}

export function wrongValue(setting: SshSetting, host: string, right: string): ConfigurationError {
  return new ConfigurationError(
    `${setting.name} is ${right}, not "${setting.words.join(' ')}" (${setting.where})`,
    placed(setting, host),
  );
}

function filesOf({ words }: SshSetting): string[] {
  return words.filter((word) => word.toLowerCase() !== 'none');
}

/** Words with blanks between them; one that holds blanks is in double quotes. */
function wordsIn(value: string): string[] {
  return [...value.matchAll(/"([^"]*)"|\S+/g)].map((found) => found[1] ?? found[0]);
}

/** `ssh -W %h:%p jump`, the way to jump from before there was ProxyJump. */
function jumpOfCommand(setting: SshSetting, host: string): string {
  const command = setting.words.join(' ');
  if (command === 'none') return 'none';
  const words = command.split(/\s+/);
  let [user, port, forwards]: [string | undefined, string | undefined, boolean] = [
    undefined,
    undefined,
    false,
  ];
  let destination: string | undefined;
  let understood = /^(?:.*\/)?ssh$/.test(words[0] ?? '');
  for (let at = 1; at < words.length; at += 1) {
    const word = words[at]!;
    if (FLAGS_WITHOUT_MEANING.has(word) || word === '-4' || word === '-6') continue;
    if (word === '-W') forwards = words[(at += 1)] === '%h:%p';
    else if (word === '-l') user = words[(at += 1)];
    else if (word === '-p') port = words[(at += 1)];
    else if (word.startsWith('-') || destination !== undefined) understood = false;
    else destination = word;
  }
  if (!understood || !forwards || destination === undefined) {
    throw new ConfigurationError(`this ProxyCommand is not understood: ${command} (${setting.where})`, {
      ...placed(setting, host),
      hint: 'No program is run to reach a host. Name the jump host with ProxyJump: ansible_ssh_common_args: "-J user@jump".',
    });
  }
  return `${user === undefined ? '' : `${user}@`}${destination}${port === undefined ? '' : `:${port}`}`;
}

function notUnderstood(argument: string, host: string): ConfigurationError {
  return new ConfigurationError(`the ssh argument "${argument}" is not understood`, {
    host,
    hint: 'Valid are -J, -i, -p, -l and -o with an option of docs/security.md. Put others into ~/.ssh/config if they matter there only.',
  });
}

function refusedOption(setting: SshSetting, why: string, host: string): ConfigurationError {
  return new ConfigurationError(
    `${setting.name} ${setting.words.join(' ')} is not supported (${setting.where}): ${why}`,
    {
      ...placed(setting, host),
      hint: 'It decides whom a run trusts or how it gets there, so it is not passed over. Put it under a Host that leaves this one out, or take it away.',
    },
  );
}

function unknownOption(setting: SshSetting, host: string): ConfigurationError {
  return new ConfigurationError(
    `${setting.name} is not a known option of ssh (${setting.where})${didYouMean(
      setting.name,
      sshOptions.map((option) => option.name),
    )}`,
    { ...placed(setting, host), hint: 'IgnoreUnknown names options that may be passed over.' },
  );
}

function placed({ position }: SshSetting, host: string): { host: string; position?: Position } {
  return position === undefined ? { host } : { host, position };
}
