import { appendFileSync, chmodSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { UnreachableError, messageOf } from '../errors.js';
import { ALGORITHMS } from './algorithms.js';
import { fingerprint, rsaBits, typeOf } from './key-blob.js';
import { findPins, hashedName, parseKnownHosts, type KnownKey, type Pin } from './known-hosts.js';
import { revokedBy } from './revoked-keys.js';
import type { SshTarget } from './target.js';

/** Decides about a host's key by what the known_hosts files pin for its name. */
export interface HostKeyCheck {
  /** key types that are pinned: these are asked of the host first */
  readonly pinned: readonly string[];
  /**
   * May the host show this key. True at once for the key that was accepted before: ssh2 asks again at every new key exchange, and
   * breaks off where the answer comes a moment later.
   */
  accept(key: Buffer): true | Promise<boolean>;
  /**
   * Write an accepted key down that was not known. For after the login: a host that only shows a key has not proven yet that it is its own.
   * @throws UnreachableError when another key has been pinned meanwhile
   */
  remember(): void;
  /** why the key was not accepted */
  readonly problem: UnreachableError | undefined;
}

/** RSA keys of fewer bits are refused whatever the options say, as ssh does it. */
const LEAST_RSA_BITS = 1024;

/** known_hosts files, read once a process. */
const files = new Map<string, readonly KnownKey[]>();

/** `address`: of the host, where there is a connection to it and not to a jump host. */
export function createHostKeyCheck(target: SshTarget, address?: string): HostKeyCheck {
  const pins = pinsOf(target);
  let problem: UnreachableError | undefined;
  let accepted: Buffer | undefined;

  async function decide(key: Buffer): Promise<boolean> {
    problem =
      exchanged(accepted, key, target) ??
      (await revoked(key, target)) ??
      tooSmall(key, target) ??
      judge(key, pins, target) ??
      judgeAddress(key, address, target);
    accepted ??= problem === undefined ? key : undefined;
    return problem === undefined;
  }
  return {
    pinned: [...new Set(pins.filter((pin) => pin.marker === undefined).map((pin) => pin.type))],
    get problem() {
      return problem;
    },
    accept: (key) => (accepted?.equals(key) ? true : decide(key)),
    remember() {
      if (accepted !== undefined && isUnknown(pins)) pin(accepted, target);
    },
  };
}

/** The signature algorithms to ask for: those of pinned types first, so that a host with several keys shows that one. */
export function algorithmsFor(
  pinned: readonly string[],
  allowed: readonly string[] = ALGORITHMS.HostKeyAlgorithms,
): string[] {
  const rank = (algorithm: string): number => {
    const at = pinned.indexOf(algorithm.startsWith('rsa-') ? 'ssh-rsa' : algorithm);
    return at < 0 ? pinned.length : at;
  };
  // Stable: what is pinned keeps its order, and so does the rest.
  return [...allowed].sort((one, other) => rank(one) - rank(other));
}

function exchanged(before: Buffer | undefined, key: Buffer, target: SshTarget): UnreachableError | undefined {
  if (before === undefined) return undefined;
  return new UnreachableError(`${nameOf(target)} showed another host key in the middle of the connection`, {
    host: target.name,
    detail: [
      `before: ${typeOf(before)} ${fingerprint(before)}`,
      `now:    ${typeOf(key)} ${fingerprint(key)}`,
    ],
  });
}

async function revoked(key: Buffer, target: SshTarget): Promise<UnreachableError | undefined> {
  if (target.revokedHostKeys === undefined) return undefined;
  const { value, where } = target.revokedHostKeys;
  const reason = await revokedBy(value, key);
  if (reason === undefined) return undefined;
  return new UnreachableError(
    `the host key of ${nameOf(target)}, ${typeOf(key)} ${fingerprint(key)}, ${reason} (RevokedHostKeys, ${where})`,
    {
      host: target.name,
      hint: reason.startsWith('is revoked')
        ? 'the key may have been stolen: give the host a new one and pin that'
        : 'as with ssh, no host is trusted while the list cannot be read',
    },
  );
}

function tooSmall(key: Buffer, target: SshTarget): UnreachableError | undefined {
  const bits = rsaBits(key);
  const least = Math.max(LEAST_RSA_BITS, target.requiredRsaSize ?? 0);
  if (bits === undefined || bits >= least) return undefined;
  return new UnreachableError(
    `the host key of ${nameOf(target)} is an RSA key of ${bits} bits; ${least} are required`,
    { host: target.name, hint: 'give the host a new key, best of type ed25519, and pin that' },
  );
}

function judge(key: Buffer, pins: readonly Pin[], target: SshTarget): UnreachableError | undefined {
  const base64 = key.toString('base64');
  const type = typeOf(key);
  const same = pins.filter((pin) => pin.key === base64);
  const context = { host: target.name };
  if (same.some((pin) => pin.marker === 'revoked')) {
    return new UnreachableError(
      `the host key of ${nameOf(target)} is marked as revoked (${placesOf(same)})`,
      {
        ...context,
        hint: 'the key may have been stolen: give the host a new one and pin that',
      },
    );
  }
  if (same.some((pin) => pin.marker === undefined)) return undefined;
  if (!isUnknown(pins)) return changed(key, nameOf(target), pins, target);
  if (target.hostKeyChecking === 'accept-new') return undefined;
  return new UnreachableError(`the host key of ${nameOf(target)} is not known: ${type} ${fingerprint(key)}`, {
    ...context,
    detail: pins.some((pin) => pin.marker === 'cert-authority')
      ? [
          'known_hosts names a certificate authority for it, but host certificates are not supported: pin the key itself',
        ]
      : [],
    hint: `compare the fingerprint on the host's console, then: ssh-keyscan -p ${target.port} ${target.host} >> ${target.knownHostsFiles[0] ?? '~/.ssh/known_hosts'}; or set StrictHostKeyChecking=accept-new`,
  });
}

/** CheckHostIP of ssh_config(5): a name that leads to an address with another key may have been taken over in DNS. */
function judgeAddress(
  key: Buffer,
  address: string | undefined,
  target: SshTarget,
): UnreachableError | undefined {
  if (!target.checkHostIp || address === undefined || address === target.host) return undefined;
  const pins = pinsOf(target, address);
  const same = pins.filter((pin) => pin.key === key.toString('base64'));
  if (same.some((pin) => pin.marker === 'revoked') || (same.length === 0 && !isUnknown(pins)))
    return changed(key, `${target.host} (${address}, CheckHostIP)`, pins, target);
  return undefined;
}

function changed(key: Buffer, name: string, pins: readonly Pin[], target: SshTarget): UnreachableError {
  return new UnreachableError(`the host key of ${name} is not the pinned one`, {
    host: target.name,
    detail: [
      `shown:  ${typeOf(key)} ${fingerprint(key)}`,
      ...pins
        .filter((pin) => pin.marker === undefined)
        .map(
          (pin) =>
            `pinned: ${pin.type} ${fingerprint(Buffer.from(pin.key, 'base64'))} (${pin.file}:${pin.line})`,
        ),
    ],
    hint: 'somebody may be in between, or the host was made anew: compare the fingerprint on its console, then replace the line',
  });
}

/** No key itself is pinned; authorities are not keys of the host. */
function isUnknown(pins: readonly Pin[]): boolean {
  return pins.every((pin) => pin.marker !== undefined);
}

/** In one go, without a wait: of several connections to one host, each sees what the one before has pinned. */
function pin(key: Buffer, target: SshTarget): void {
  const [file] = target.knownHostsFiles;
  if (file === undefined) return;
  files.delete(file);
  const pins = pinsOf(target);
  if (pins.some((one) => one.marker === undefined && one.key === key.toString('base64'))) return;
  if (!isUnknown(pins)) throw changed(key, nameOf(target), pins, target);
  const name = target.hashKnownHosts ? hashedName(nameOf(target)) : nameOf(target);
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    const gap = lacksLineEnd(file) ? '\n' : '';
    appendFileSync(file, `${gap}${name} ${typeOf(key)} ${key.toString('base64')}\n`, {
      mode: 0o600,
      flush: true,
    });
    chmodSync(file, 0o600);
  } catch (error) {
    throw new UnreachableError(`the host key of ${nameOf(target)} cannot be pinned: ${messageOf(error)}`, {
      host: target.name,
      cause: error,
    });
  }
  files.delete(file);
}

function lacksLineEnd(file: string): boolean {
  try {
    const text = readFileSync(file);
    return text.length > 0 && text.at(-1) !== 10;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}

/** What is pinned for the host's name, or for an address of it. */
function pinsOf(target: SshTarget, address?: string): Pin[] {
  const known = target.knownHostsFiles.flatMap(readKnownHosts);
  if (address !== undefined) return findPins(known, address, target.port);
  return target.hostKeyAlias === undefined
    ? findPins(known, target.host, target.port)
    : findPins(known, target.hostKeyAlias, 22);
}

function readKnownHosts(file: string): readonly KnownKey[] {
  const known = files.get(file) ?? parseFile(file);
  files.set(file, known);
  return known;
}

function parseFile(file: string): KnownKey[] {
  try {
    return parseKnownHosts(readFileSync(file, 'utf8'), file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw new UnreachableError(`known hosts cannot be read: ${messageOf(error)}`);
  }
}

/** `host`, or `[host]:port` where the port is not 22: as known_hosts has it. */
function nameOf(target: SshTarget): string {
  if (target.hostKeyAlias !== undefined) return target.hostKeyAlias;
  return target.port === 22 ? target.host : `[${target.host}]:${target.port}`;
}

function placesOf(pins: readonly Pin[]): string {
  return pins.map((one) => `${one.file}:${one.line}`).join(', ');
}
