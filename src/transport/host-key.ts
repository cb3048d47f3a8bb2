import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { appendFile, chmod, mkdir, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { UnreachableError, messageOf } from '../errors.js';
import { findPins, parseKnownHosts, type KnownKey, type Pin } from './known-hosts.js';
import type { SshTarget } from './target.js';

/** Decides about a host's key by what the known_hosts files pin for its name. */
export interface HostKeyCheck {
  /** key types that are pinned: these are asked of the host first */
  readonly pinned: readonly string[];
  accept(key: Buffer): Promise<boolean>;
  /** why the key was not accepted */
  readonly problem: UnreachableError | undefined;
}

/** known_hosts files, read once a process. */
const files = new Map<string, readonly KnownKey[]>();

export function createHostKeyCheck(target: SshTarget): HostKeyCheck {
  const known = target.knownHostsFiles.flatMap(readKnownHosts);
  const pins = findPins(known, target.host, target.port);
  let problem: UnreachableError | undefined;
  return {
    pinned: [...new Set(pins.filter((pin) => pin.marker === undefined).map((pin) => pin.type))],
    get problem() {
      return problem;
    },
    async accept(key) {
      problem = judge(key, pins, target);
      if (problem === undefined) return true;
      const known = pins.some(
        (one) => one.marker === undefined || (one.marker === 'revoked' && one.key === key.toString('base64')),
      );
      if (known || target.hostKeyChecking !== 'accept-new') return false;
      await pin(key, target);
      problem = undefined;
      return true;
    },
  };
}

/** Host key algorithms that are known to us, best first; ssh-rsa stands for its signatures with SHA-2 as well. */
const TYPES = ['ssh-ed25519', 'ecdsa-sha2-nistp256', 'ecdsa-sha2-nistp384', 'ecdsa-sha2-nistp521', 'ssh-rsa'];

/** The signature algorithms to ask for: those of pinned types first, so that a host with several keys shows that one. */
export function algorithmsFor(pinned: readonly string[]): string[] {
  const types = [
    ...pinned.filter((type) => TYPES.includes(type)),
    ...TYPES.filter((type) => !pinned.includes(type)),
  ];
  return types.flatMap((type) => (type === 'ssh-rsa' ? ['rsa-sha2-512', 'rsa-sha2-256', 'ssh-rsa'] : [type]));
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
  const others = pins.filter((pin) => pin.marker === undefined);
  if (others.length > 0) {
    return new UnreachableError(`the host key of ${nameOf(target)} is not the pinned one`, {
      ...context,
      detail: [
        `shown:  ${type} ${fingerprint(key)}`,
        ...others.map(
          (pin) =>
            `pinned: ${pin.type} ${fingerprint(Buffer.from(pin.key, 'base64'))} (${pin.file}:${pin.line})`,
        ),
      ],
      hint: 'somebody may be in between, or the host was made anew: compare the fingerprint on its console, then replace the line',
    });
  }
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

async function pin(key: Buffer, target: SshTarget): Promise<void> {
  const [file] = target.knownHostsFiles;
  if (file === undefined) return;
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  // One write at the end of the file: several hosts are pinned at the same time.
  const gap = (await lacksLineEnd(file)) ? '\n' : '';
  await appendFile(file, `${gap}${nameOf(target)} ${typeOf(key)} ${key.toString('base64')}\n`, {
    mode: 0o600,
    flush: true,
  });
  await chmod(file, 0o600);
  files.delete(file);
}

async function lacksLineEnd(file: string): Promise<boolean> {
  const text = await readFile(file).catch(() => Buffer.alloc(0));
  return text.length > 0 && text.at(-1) !== 10;
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
  return target.port === 22 ? target.host : `[${target.host}]:${target.port}`;
}

function placesOf(pins: readonly Pin[]): string {
  return pins.map((one) => `${one.file}:${one.line}`).join(', ');
}

/** The type at the head of a key blob (RFC 4253, 6.6). */
function typeOf(key: Buffer): string {
  return key.length < 4 ? 'unknown' : key.toString('latin1', 4, 4 + key.readUInt32BE(0));
}

/** As ssh-keygen -l prints it. */
function fingerprint(key: Buffer): string {
  return `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`;
}
