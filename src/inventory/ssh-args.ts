import { ConfigurationError } from '../errors.js';
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
}

/** Options that change how ssh works here but not who is logged in where: there is one connection a host anyway. */
const WITHOUT_MEANING = new Set([
  'controlmaster',
  'controlpersist',
  'controlpath',
  'compression',
  'serveraliveinterval',
  'serveralivecountmax',
  'tcpkeepalive',
  'loglevel',
  'batchmode',
  'preferredauthentications',
  'pubkeyauthentication',
  'passwordauthentication',
  'gssapiauthentication',
  'checkhostip',
  'addkeystoagent',
]);
const FLAGS_WITHOUT_MEANING = new Set(['-C', '-q', '-v', '-vv', '-vvv', '-4', '-6', '-tt', '-t', '-T']);

/**
 * Read arguments for ssh (ansible_ssh_common_args, ansible_ssh_extra_args): `-o Option=value`, `-i`, `-J`, `-p`, `-l`.
 * @throws ConfigurationError for what is not understood: leaving it out in silence could log in somewhere else
 */
export function parseSshArgs(args: string, host: string): SshOptions {
  const split = splitWords(args);
  if ('open' in split) throw new ConfigurationError(`ssh arguments have an open quote: ${args}`, { host });
  const words = split.words.map((word) => word.text);
  const options: SshOptions = {};
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at]!;
    if (FLAGS_WITHOUT_MEANING.has(word)) continue;
    const flag = word.slice(0, 2);
    const value = word.length > 2 ? word.slice(2) : words[(at += 1)];
    if (value === undefined || !'oiJplW'.includes(flag[1] ?? ' ')) throw notUnderstood(word, host);
    readFlag(flag, value, options, host);
  }
  return options;
}

function readFlag(flag: string, value: string, options: SshOptions, host: string): void {
  switch (flag) {
    case '-o': {
      const [, name, setting] = /^\s*(\w+)\s*(?:=\s*|\s)(.*)$/s.exec(value) ?? [];
      if (name === undefined || !setSshOption(name, setting!.trim(), options, host))
        throw notUnderstood(`-o ${value}`, host);
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
      throw notUnderstood(`${flag} ${value}`, host);
  }
}

/** Take over one option of ssh_config, the first value winning as in ssh; false when it is not understood. */
export function setSshOption(name: string, value: string, options: SshOptions, host: string): boolean {
  switch (name.toLowerCase()) {
    case 'hostname':
      options.hostName ??= value;
      return true;
    case 'port':
      options.port ??= value;
      return true;
    case 'user':
      options.user ??= value;
      return true;
    case 'identityfile':
      options.identityFiles = [...(options.identityFiles ?? []), value];
      return true;
    case 'identitiesonly':
      options.identitiesOnly ??= value === 'yes';
      return true;
    case 'identityagent':
      options.identityAgent ??= value;
      return true;
    case 'userknownhostsfile':
      options.knownHostsFiles ??= filesIn(value);
      return true;
    case 'globalknownhostsfile':
      options.globalKnownHostsFiles ??= filesIn(value);
      return true;
    case 'stricthostkeychecking':
      options.strictHostKeyChecking ??= value.toLowerCase();
      return true;
    case 'connecttimeout':
      options.connectTimeout ??= value;
      return true;
    case 'proxyjump':
      options.proxyJump ??= value;
      return true;
    case 'proxycommand':
      options.proxyJump ??= jumpOfCommand(value, host);
      return true;
    default:
      return WITHOUT_MEANING.has(name.toLowerCase());
  }
}

/** Names of files with blanks between them; one that holds blanks is in double quotes. */
function filesIn(value: string): string[] {
  return [...value.matchAll(/"([^"]*)"|\S+/g)].map((found) => found[1] ?? found[0]);
}

/** `ssh -W %h:%p jump`, the way to jump from before there was ProxyJump. */
function jumpOfCommand(command: string, host: string): string {
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
    if (FLAGS_WITHOUT_MEANING.has(word)) continue;
    if (word === '-W') forwards = words[(at += 1)] === '%h:%p';
    else if (word === '-l') user = words[(at += 1)];
    else if (word === '-p') port = words[(at += 1)];
    else if (word.startsWith('-') || destination !== undefined) understood = false;
    else destination = word;
  }
  if (!understood || !forwards || destination === undefined) {
    throw new ConfigurationError(`this ProxyCommand is not understood: ${command}`, {
      host,
      hint: 'Name the jump host with ProxyJump: ansible_ssh_common_args: "-J user@jump".',
    });
  }
  return `${user === undefined ? '' : `${user}@`}${destination}${port === undefined ? '' : `:${port}`}`;
}

function notUnderstood(argument: string, host: string): ConfigurationError {
  return new ConfigurationError(`the ssh argument "${argument}" is not understood`, {
    host,
    hint: 'Understood are -J, -i, -p, -l and -o with User, Port, IdentityFile, IdentitiesOnly, IdentityAgent, UserKnownHostsFile, StrictHostKeyChecking, ConnectTimeout and ProxyJump. Put others into ~/.ssh/config if they matter there only.',
  });
}
