import path from 'node:path';
import { ConfigurationError } from '../errors.js';
import { didYouMean } from '../schema.js';
import type { Scope } from '../template/scope.js';
import { matchesPatternList } from '../transport/pattern-list.js';
import type { SshTarget, Target } from '../transport/target.js';
import { evaluateSshConfig } from './evaluate-ssh-config.js';
import { parseSshArgs, setSshOption, type SshOptions } from './ssh-args.js';
import type { SshConfigFile, SshSetting } from './ssh-config.js';
import { sshOption } from './ssh-options.js';
import { trustOf } from './ssh-trust.js';

/** How a host is reached and how its privileges are raised. */
export interface HostConnection {
  readonly target: Target;
  /** ansible_become; undefined where the inventory does not say */
  readonly become: boolean | undefined;
  readonly becomeUser: string | undefined;
  readonly becomePassword: string | undefined;
  /** what the inventory says of the limits for a host's answers; left out: the defaults */
  readonly limits: GivenLimits;
}

export interface GivenLimits {
  /** seconds */
  readonly timeout?: number;
  /** seconds */
  readonly idle?: number;
  readonly bytes?: number;
}

/** What the controller's surroundings say. Read once by the CLI. */
export interface ConnectionDefaults {
  /** home folder of who runs the controller */
  readonly home: string;
  /** the name of who runs the controller */
  readonly user: string;
  /** SSH_AUTH_SOCK */
  readonly agentSocket: string | undefined;
  /** ~/.ssh/config and /etc/ssh/ssh_config, as far as they are there */
  readonly sshConfig: readonly SshConfigFile[];
  /** --user and --private-key of the command line: weaker than the inventory */
  readonly remoteUser?: string | undefined;
  readonly privateKeyFile?: string | undefined;
  /** seconds */
  readonly connectTimeout?: number | undefined;
}

const PASSWORDS = ['ansible_password', 'ansible_ssh_pass', 'ansible_ssh_password'];
const BECOME_PASSWORDS = ['ansible_become_password', 'ansible_become_pass'];

/** The variables that hold passwords. */
export const CONNECTION_SECRETS: readonly string[] = [...PASSWORDS, ...BECOME_PASSWORDS];

const DEFAULT_KEYS = ['~/.ssh/id_ed25519', '~/.ssh/id_ecdsa', '~/.ssh/id_rsa'];
const DEFAULT_KNOWN_HOSTS = ['~/.ssh/known_hosts', '~/.ssh/known_hosts2'];
const GLOBAL_KNOWN_HOSTS = ['/etc/ssh/ssh_known_hosts', '/etc/ssh/ssh_known_hosts2'];
const DEFAULT_TIMEOUT = 10;
const MOST_JUMPS = 8;
const SSH_CONNECTIONS = ['ssh', 'smart', 'paramiko', 'paramiko_ssh', 'libssh'];
const CONTROLLER: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '::1']);

/**
 * How to log in to a host, from its variables (Ansible's names), then the command line, then ssh's files, then ssh's
 * defaults. `localhost` without any of these is the controller itself. Nothing is read or run.
 * @throws ConfigurationError for a wrong or refused setting; PendingValue when a setting needs a fact
 */
export function connectionOf(scope: Scope, hostName: string, defaults: ConnectionDefaults): HostConnection {
  const settings = readSettings(scope, hostName);
  const become = {
    become: settings.bool('ansible_become'),
    becomeUser: settings.text('ansible_become_user'),
    becomePassword: settings.text(...BECOME_PASSWORDS),
  };
  const method = settings.text('ansible_become_method');
  if (method !== undefined && method !== 'sudo') {
    throw new ConfigurationError(
      `ansible_become_method: ${method} is not supported${didYouMean(method, ['sudo'])}`,
      {
        host: hostName,
        hint: 'Privileges are raised with sudo.',
      },
    );
  }
  return { target: targetOf(settings, hostName, defaults), ...become, limits: limitsOf(settings, hostName) };
}

/** The longest time that timers take, and more memory than a controller has for one host. */
const MOST = { seconds: 86_400, mib: 4096 };

function limitsOf(settings: Settings, host: string): GivenLimits {
  const number = (name: string, most: number): number | undefined => {
    const text = settings.text(name);
    return text === undefined ? undefined : wholeNumber(text, name, host, most);
  };
  const timeout = number('provision_query_timeout', MOST.seconds);
  const idle = number('provision_idle_timeout', MOST.seconds);
  const size = number('provision_query_size', MOST.mib);
  return {
    ...(timeout === undefined ? {} : { timeout }),
    ...(idle === undefined ? {} : { idle }),
    ...(size === undefined ? {} : { bytes: size * 1024 * 1024 }),
  };
}

interface Settings {
  text(...names: string[]): string | undefined;
  bool(...names: string[]): boolean | undefined;
}

function readSettings(scope: Scope, host: string): Settings {
  const text = (...names: string[]): string | undefined => {
    for (const name of names) {
      const value = scope.has(name) ? scope.get(name) : undefined;
      if (value === undefined || value === null || value === '') continue;
      if (typeof value === 'object')
        throw new ConfigurationError(`${name} is text, not a list or a map`, { host });
      return String(value);
    }
    return undefined;
  };
  const bool = (...names: string[]): boolean | undefined => {
    const value = text(...names)?.toLowerCase();
    if (value === undefined) return undefined;
    if (['true', 'yes', 'on', '1', 'y', 't'].includes(value)) return true;
    if (['false', 'no', 'off', '0', 'n', 'f'].includes(value)) return false;
    throw new ConfigurationError(`${names[0]!} is true or false, not "${value}"`, { host });
  };
  return { text, bool };
}

function targetOf(settings: Settings, name: string, defaults: ConnectionDefaults): Target {
  const connection = settings.text('ansible_connection');
  if (connection === 'local' || (connection === undefined && isController(settings, name)))
    return { kind: 'local', name };
  if (connection !== undefined && !SSH_CONNECTIONS.includes(connection)) {
    throw new ConfigurationError(
      `ansible_connection: ${connection} is not supported${didYouMean(connection, ['ssh', 'local'])}`,
      { host: name, hint: 'There are ssh and local.' },
    );
  }
  return sshTargetOf(settings, name, defaults);
}

function isController(settings: Settings, name: string): boolean {
  const host = settings.text('ansible_host', 'ansible_ssh_host') ?? name;
  const isTold =
    settings.text('ansible_port', 'ansible_ssh_port', 'ansible_user', 'ansible_ssh_user') !== undefined;
  return CONTROLLER.has(name) && host === name && !isTold;
}

function sshTargetOf(settings: Settings, name: string, defaults: ConnectionDefaults): SshTarget {
  const given = settings.text('ansible_host', 'ansible_ssh_host') ?? name;
  const args = argsOf(settings, name);
  const keyFile =
    settings.text('ansible_ssh_private_key_file', 'ansible_private_key_file') ?? defaults.privateKeyFile;
  const inventory: SshOptions = {
    ...args,
    ...defined('port', settings.text('ansible_port', 'ansible_ssh_port')),
    ...defined('user', settings.text('ansible_user', 'ansible_ssh_user') ?? args.user ?? defaults.remoteUser),
    ...(keyFile === undefined ? {} : { identityFiles: [keyFile, ...(args.identityFiles ?? [])] }),
    ...defined(
      'connectTimeout',
      args.connectTimeout ??
        settings.text('ansible_ssh_timeout', 'ansible_timeout') ??
        (defaults.connectTimeout === undefined ? undefined : String(defaults.connectTimeout)),
    ),
  };
  const target = resolveTarget(name, given, inventory, { defaults, jumped: 0 });
  const password = settings.text(...PASSWORDS);
  return password === undefined ? target : { ...target, password };
}

function argsOf(settings: Settings, host: string): SshOptions {
  const options: SshOptions = {};
  for (const name of ['ansible_ssh_args', 'ansible_ssh_common_args', 'ansible_ssh_extra_args']) {
    const args = settings.text(name);
    if (args !== undefined) parseSshArgs(args, host, name, options);
  }
  const checking = settings.bool('ansible_host_key_checking', 'ansible_ssh_host_key_checking');
  const strict = options.strictHostKeyChecking ?? (checking === false ? 'no' : undefined);
  if (strict === 'no' || strict === 'off') {
    throw new ConfigurationError(
      'host keys are always checked: StrictHostKeyChecking=no would let anyone be this host',
      {
        host,
        hint: 'Use -o StrictHostKeyChecking=accept-new to trust a key at its first sight, or add it with ssh-keyscan.',
      },
    );
  }
  return options;
}

interface Resolving {
  readonly defaults: ConnectionDefaults;
  /** how many jump hosts led here: ~/.ssh/config can name a host that jumps over itself */
  readonly jumped: number;
}

/** What is given wins over ssh's files, and those over ssh's defaults. */
function resolveTarget(name: string, host: string, given: SshOptions, resolving: Resolving): SshTarget {
  const { defaults } = resolving;
  const config = configFor(host, given, defaults);
  const keys = [...(given.identityFiles ?? []), ...(config.identityFiles ?? [])];
  const knownHosts = given.knownHostsFiles ?? config.knownHostsFiles ?? DEFAULT_KNOWN_HOSTS;
  const global = given.globalKnownHostsFiles ?? config.globalKnownHostsFiles ?? GLOBAL_KNOWN_HOSTS;
  const hostName = (given.hostName ?? config.hostName ?? host).replaceAll('%h', host);
  const port = wholeNumber(given.port ?? config.port ?? '22', 'port', name, 65_535);
  const user = given.user ?? config.user ?? defaults.user;
  const setting = (option: string): SshSetting | undefined =>
    given.others?.get(option) ?? config.others?.get(option);
  const tokens = {
    '%%': '%',
    '%d': defaults.home,
    '%h': hostName,
    '%k': setting('HostKeyAlias')?.words.join(' ') ?? hostName,
    '%n': host,
    '%p': String(port),
    '%r': user,
    '%u': defaults.user,
  };
  const toPath = (file: string): string => expandPath(file, tokens, name);
  const wanted = keys.filter((file) => file.toLowerCase() !== 'none');
  const identitiesOnly = given.identitiesOnly ?? config.identitiesOnly ?? false;
  return {
    kind: 'ssh',
    name,
    host: hostName,
    port,
    user,
    privateKeyFiles: [...new Set((keys.length > 0 ? wanted : DEFAULT_KEYS).map(toPath))],
    ...defined('agentSocket', agentOf(given, config, { defaults, toPath })),
    ...(identitiesOnly ? { identitiesOnly } : {}),
    knownHostsFiles: [...new Set([...knownHosts, ...global].map(toPath))],
    hostKeyChecking: checkingOf(given, config, name),
    connectTimeout: wholeNumber(
      given.connectTimeout ?? config.connectTimeout ?? String(DEFAULT_TIMEOUT),
      'timeout',
      name,
      86_400,
    ),
    jumps: jumpsOf(given.proxyJump ?? config.proxyJump, name, resolving),
    ...trustOf(setting, { host: name, toPath }),
  };
}

function configFor(host: string, given: SshOptions, defaults: ConnectionDefaults): SshOptions {
  const { user, hostName } = given;
  const settings = evaluateSshConfig(defaults.sshConfig, {
    host,
    user,
    hostName,
    localUser: defaults.user,
    given: givenOptions(given),
  });
  const ignored = settings
    .filter(({ name }) => name.toLowerCase() === 'ignoreunknown')
    .flatMap(({ words }) => words.flatMap((word) => word.split(',')));
  // What is given comes first: a file's value that it overrides is never looked at.
  const options: SshOptions = {
    ...defined('proxyJump', given.proxyJump),
    ...(given.others ? { others: new Map(given.others) } : {}),
  };
  for (const setting of settings) {
    const isKnown = sshOption(setting.name) !== undefined;
    if (isKnown || !matchesPatternList(ignored, setting.name)) setSshOption(setting, options, host);
  }
  return options;
}

/** Options of which the first value counts, and that is given. */
function givenOptions(given: SshOptions): string[] {
  const named = {
    UserKnownHostsFile: given.knownHostsFiles,
    GlobalKnownHostsFile: given.globalKnownHostsFiles,
    StrictHostKeyChecking: given.strictHostKeyChecking,
    IdentitiesOnly: given.identitiesOnly,
    IdentityAgent: given.identityAgent,
  };
  const set = Object.entries(named).filter(([, value]) => value !== undefined);
  return [...set.map(([name]) => name), ...(given.others?.keys() ?? [])];
}

function agentOf(
  given: SshOptions,
  config: SshOptions,
  known: { defaults: ConnectionDefaults; toPath: (file: string) => string },
): string | undefined {
  const socket = given.identityAgent ?? config.identityAgent ?? 'SSH_AUTH_SOCK';
  if (socket.toLowerCase() === 'none') return undefined;
  return socket === 'SSH_AUTH_SOCK' || socket === '$SSH_AUTH_SOCK'
    ? known.defaults.agentSocket
    : known.toPath(socket);
}

/** ~/.ssh/config may be laxer than we are: there, everything but accept-new means strict. */
function checkingOf(given: SshOptions, config: SshOptions, host: string): 'yes' | 'accept-new' {
  const wanted = given.strictHostKeyChecking;
  if (wanted === undefined) return config.strictHostKeyChecking === 'accept-new' ? 'accept-new' : 'yes';
  if (wanted === 'accept-new') return 'accept-new';
  if (wanted === 'yes' || wanted === 'ask') return 'yes';
  throw new ConfigurationError(`StrictHostKeyChecking is yes or accept-new, not "${wanted}"`, { host });
}

/** The hop nearest to the controller first. A hop's own settings come from ~/.ssh/config; the first one may jump itself. */
function jumpsOf(jumps: string | undefined, host: string, resolving: Resolving): SshTarget[] {
  if (jumps === undefined || jumps === 'none' || jumps === '') return [];
  if (resolving.jumped >= MOST_JUMPS) {
    throw new ConfigurationError(`the jump hosts of ${host} lead in a circle`, {
      host,
      hint: 'Look at ProxyJump in ~/.ssh/config.',
    });
  }
  return jumps.split(',').flatMap((jump, index) => {
    const { user, port, name } = parseJump(jump.trim(), host);
    const given: SshOptions = {
      ...defined('user', user),
      ...defined('port', port),
      ...(index === 0 ? {} : { proxyJump: 'none' }),
    };
    const target = resolveTarget(name, name, given, { ...resolving, jumped: resolving.jumped + 1 });
    return [...target.jumps, { ...target, jumps: [] }];
  });
}

function parseJump(
  jump: string,
  host: string,
): { user: string | undefined; port: string | undefined; name: string } {
  const match = /^(?:ssh:\/\/)?(?:([^@]+)@)?(?:\[([^\]]+)\]|([^:@[\]]+))(?::(\d+))?\/?$/.exec(jump);
  const name = match?.[2] ?? match?.[3];
  if (!match || name === undefined) {
    throw new ConfigurationError(`"${jump}" is no jump host`, {
      host,
      hint: 'Write user@host:port; user and port can be left out.',
    });
  }
  return { user: match[1], port: match[4], name };
}

/** @throws ConfigurationError for a token or variable that is not known here: the path would be another one */
function expandPath(file: string, tokens: Readonly<Record<string, string>>, host: string): string {
  const unknown = (token: string): ConfigurationError =>
    new ConfigurationError(`${token} in the path ${file} is not known here`, {
      host,
      hint: `Valid are ${Object.keys(tokens).join(', ')} and ~/. Write the path out for this host.`,
    });
  if (/\$\{/.test(file)) throw unknown('${...}');
  const expanded = file.replace(/%(.?)/g, (token) => {
    const value = tokens[token];
    if (value === undefined) throw unknown(token);
    return value;
  });
  return expanded === '~' || expanded.startsWith('~/')
    ? path.join(tokens['%d']!, expanded.slice(1))
    : path.resolve(expanded);
}

function wholeNumber(text: string, what: string, host: string, most: number): number {
  const number = Number(text);
  if (Number.isInteger(number) && number >= 1 && number <= most) return number;
  throw new ConfigurationError(`the ${what} of ${host} is a whole number from 1 to ${most}, not "${text}"`, {
    host,
  });
}

function defined<K extends string>(key: K, value: string | undefined): Partial<Record<K, string>> {
  return value === undefined ? {} : ({ [key]: value } as Record<K, string>);
}
