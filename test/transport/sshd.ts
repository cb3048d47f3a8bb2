import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SshTarget } from '../../src/transport/target.js';

/** An sshd of the test's own on a loopback port, with a user who exists only as long as it. */
export interface Sshd {
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly folder: string;
  /** a key that the user may log in with, one that may not, one with the passphrase `open sesame` that may */
  readonly keys: { readonly good: string; readonly bad: string; readonly encrypted: string };
  /** public host keys, `type base64` */
  readonly hostKeys: { readonly ed25519: string; readonly rsa: string; readonly other: string };
  /** one that works; the host's ed25519 key is pinned */
  target(changes?: Partial<SshTarget>): SshTarget;
  /** a known_hosts file with these lines */
  knownHosts(...lines: string[]): string;
  log(): string;
  stop(): Promise<void>;
}

const SSHD = '/usr/sbin/sshd';

/** Whether this machine lets us make one. */
export function canStartSshd(): boolean {
  return (
    process.getuid?.() === 0 &&
    existsSync(SSHD) &&
    existsSync('/usr/sbin/useradd') &&
    existsSync('/usr/bin/ssh-keygen')
  );
}

/** `settings`: lines of sshd_config, which win over what is set here. */
export async function startSshd(...settings: string[]): Promise<Sshd> {
  const folder = mkdtempSync(join(tmpdir(), 'sshd-'));
  chmodSync(folder, 0o755);
  const port = await freePort();
  const user = `prov${process.pid % 100_000}`;
  const password = "pass 'word";
  const at = (name: string): string => join(folder, name);
  const keygen = (name: string, ...options: string[]): string => {
    execFileSync('ssh-keygen', [
      '-q',
      '-f',
      at(name),
      '-C',
      name,
      ...(options.includes('-N') ? [] : ['-N', '']),
      ...options,
    ]);
    return at(name);
  };
  const publicKey = (name: string): string =>
    readFileSync(at(`${name}.pub`), 'utf8')
      .split(' ')
      .slice(0, 2)
      .join(' ');
  const keys = {
    good: keygen('good', '-t', 'ed25519'),
    bad: keygen('bad', '-t', 'rsa', '-b', '2048'),
    encrypted: keygen('encrypted', '-t', 'ed25519', '-N', 'open sesame', '-a', '1'),
  };
  for (const [name, type] of [
    ['host-ed25519', 'ed25519'],
    ['host-rsa', 'rsa'],
    ['host-other', 'ed25519'],
  ] as const)
    keygen(name, '-t', type);
  writeFileSync(at('authorized'), `${publicKey('good')}\n${publicKey('encrypted')}\n`);
  mkdirSync(at('home'));
  const hash = execFileSync('openssl', ['passwd', '-6', '-stdin'], {
    input: password,
    encoding: 'utf8',
  }).trim();
  execFileSync('useradd', ['-M', '-d', at('home'), '-s', '/bin/bash', '-p', hash, user]);
  const [uid, gid] = ['-u', '-g'].map((option) =>
    Number(execFileSync('id', [option, user], { encoding: 'utf8' })),
  );
  chownSync(at('home'), uid!, gid!);
  writeFileSync(
    at('config'),
    `${settings.map((line) => `${line}\n`).join('')}Port ${port}
ListenAddress 127.0.0.1
HostKey ${at('host-ed25519')}
HostKey ${at('host-rsa')}
AuthorizedKeysFile ${at('authorized')}
PidFile none
UsePAM no
StrictModes no
PasswordAuthentication yes
KbdInteractiveAuthentication no
MaxAuthTries 8
AllowUsers ${user}
LogLevel VERBOSE
`,
  );
  mkdirSync('/run/sshd', { recursive: true });
  const child: ChildProcess = spawn(SSHD, ['-D', '-f', at('config'), '-E', at('log')], { stdio: 'ignore' });
  for (
    let tries = 0;
    !(existsSync(at('log')) && readFileSync(at('log'), 'utf8').includes('listening'));
    tries += 1
  ) {
    if (tries > 250)
      throw new Error(`sshd does not start: ${existsSync(at('log')) ? readFileSync(at('log'), 'utf8') : ''}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  let files = 0;
  const hostKeys = {
    ed25519: publicKey('host-ed25519'),
    rsa: publicKey('host-rsa'),
    other: publicKey('host-other'),
  };
  const knownHosts = (...lines: string[]): string => {
    const file = at(`known-${(files += 1)}`);
    writeFileSync(file, lines.map((line) => `${line}\n`).join(''));
    return file;
  };
  return {
    port,
    user,
    password,
    folder,
    keys,
    hostKeys,
    knownHosts,
    target: (changes = {}) => ({
      kind: 'ssh',
      name: 'web1',
      host: '127.0.0.1',
      port,
      user,
      privateKeyFiles: [keys.good],
      knownHostsFiles: [knownHosts(`[127.0.0.1]:${port} ${hostKeys.ed25519}`)],
      hostKeyChecking: 'yes',
      connectTimeout: 10,
      jumps: [],
      ...changes,
    }),
    log: () => readFileSync(at('log'), 'utf8'),
    async stop() {
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.kill();
      await ended;
      execFileSync('userdel', ['-f', user], { stdio: 'ignore' });
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}
