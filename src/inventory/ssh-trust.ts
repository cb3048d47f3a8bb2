import { isIP } from 'node:net';
import { ConfigurationError } from '../errors.js';
import { ALGORITHMS, selectAlgorithms, type AlgorithmKind } from '../transport/algorithms.js';
import type { LoginMethod, SshTarget } from '../transport/target.js';
import { isYes, wrongValue } from './ssh-args.js';
import type { SshSetting } from './ssh-config.js';

interface Known {
  readonly host: string;
  readonly toPath: (file: string) => string;
}

type Trust = Pick<
  SshTarget,
  | 'hostKeyAlias'
  | 'revokedHostKeys'
  | 'checkHostIp'
  | 'hashKnownHosts'
  | 'algorithms'
  | 'requiredRsaSize'
  | 'methods'
  | 'family'
  | 'localAddress'
>;

/**
 * What ssh's options narrow of a login. `setting`: the value that counts for an option, by its name in the manual.
 * @throws ConfigurationError for a value that is wrong, or that leaves nothing to work with
 */
export function trustOf(setting: (option: string) => SshSetting | undefined, known: Known): Trust {
  const { host, toPath } = known;
  const alias = textOf(setting('HostKeyAlias'));
  const revoked = setting('RevokedHostKeys');
  const size = setting('RequiredRSASize');
  const algorithms = algorithmsOf(setting, host);
  const methods = methodsOf(setting, host);
  const family = familyOf(setting('AddressFamily'), host);
  const bind = setting('BindAddress');
  return {
    ...(alias === undefined ? {} : { hostKeyAlias: alias }),
    ...(revoked === undefined || isNone(revoked)
      ? {}
      : { revokedHostKeys: { value: toPath(revoked.words.join(' ')), where: revoked.where } }),
    ...(yes(setting('CheckHostIP'), host) ? { checkHostIp: true } : {}),
    ...(yes(setting('HashKnownHosts'), host) ? { hashKnownHosts: true } : {}),
    ...(algorithms === undefined ? {} : { algorithms }),
    ...(size === undefined ? {} : { requiredRsaSize: bitsOf(size, host) }),
    ...(methods === undefined ? {} : { methods }),
    ...(family === undefined ? {} : { family }),
    ...(bind === undefined ? {} : { localAddress: addressOf(bind, host) }),
  };
}

function algorithmsOf(
  setting: (option: string) => SshSetting | undefined,
  host: string,
): SshTarget['algorithms'] {
  const found = (Object.keys(ALGORITHMS) as AlgorithmKind[]).flatMap((kind) => {
    const given = setting(kind);
    return given === undefined ? [] : [[kind, chosen(kind, given, host)] as const];
  });
  return found.length === 0 ? undefined : Object.fromEntries(found);
}

function chosen(kind: AlgorithmKind, given: SshSetting, host: string): readonly string[] {
  const list = given.words.join(' ');
  const left = selectAlgorithms(ALGORITHMS[kind], list);
  if (left.length > 0) return left;
  throw new ConfigurationError(`${given.name} leaves nothing that can be used (${given.where}): ${list}`, {
    host,
    ...(given.position ? { position: given.position } : {}),
    hint: `there are ${ALGORITHMS[kind].join(', ')}`,
  });
}

const METHODS: readonly LoginMethod[] = ['publickey', 'password', 'keyboard-interactive'];

function methodsOf(setting: (option: string) => SshSetting | undefined, host: string): SshTarget['methods'] {
  const switches: readonly (readonly [LoginMethod, SshSetting | undefined])[] = [
    ['publickey', setting('PubkeyAuthentication')],
    ['password', setting('PasswordAuthentication')],
    ['keyboard-interactive', setting('KbdInteractiveAuthentication')],
  ];
  const preferred = setting('PreferredAuthentications');
  const order = preferred?.words.join(' ').split(',');
  // unbound and host-bound are ways to say yes to publickey
  const off = switches.filter(
    ([kind, given]) =>
      given !== undefined &&
      !(kind === 'publickey' && /^(unbound|host-bound)$/i.test(given.words.join(' '))) &&
      !isYes(given, host),
  );
  if (off.length === 0 && order === undefined) return undefined;
  const listed = order === undefined ? METHODS : METHODS.filter((kind) => order.includes(kind));
  const kinds = [...listed]
    .sort((one, other) => (order ? order.indexOf(one) - order.indexOf(other) : 0))
    .filter((kind) => off.every(([left]) => left !== kind));
  const said = [...off.map(([, given]) => given!), ...(preferred === undefined ? [] : [preferred])]
    .map((given) => `${given.name} ${given.words.join(' ')} (${given.where})`)
    .join(', ');
  if (kinds.length === 0)
    throw new ConfigurationError(`no way to log in is left by ${said}`, {
      host,
      hint: `there are ${METHODS.join(', ')}`,
    });
  return { kinds, said };
}

function familyOf(given: SshSetting | undefined, host: string): 4 | 6 | undefined {
  switch (given?.words.join(' ').toLowerCase()) {
    case undefined:
    case 'any':
      return undefined;
    case 'inet':
      return 4;
    case 'inet6':
      return 6;
    default:
      throw wrongValue(given!, host, 'any, inet or inet6');
  }
}

function bitsOf(given: SshSetting, host: string): number {
  const bits = Number(given.words.join(' '));
  if (Number.isInteger(bits) && bits > 0) return bits;
  throw wrongValue(given, host, 'a number of bits');
}

function addressOf(given: SshSetting, host: string): string {
  const address = given.words.join(' ');
  if (isIP(address) > 0) return address;
  throw wrongValue(given, host, 'an address of this machine');
}

function yes(given: SshSetting | undefined, host: string): boolean {
  return given !== undefined && isYes(given, host);
}

function textOf(given: SshSetting | undefined): string | undefined {
  return given === undefined ? undefined : given.words.join(' ');
}

function isNone(given: SshSetting): boolean {
  return given.words.join(' ').toLowerCase() === 'none';
}
