import { chmodSync, chownSync, copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import type { UnreachableError } from '../../src/errors.js';
import { connect } from '../../src/transport/connect.js';
import type { SshTarget } from '../../src/transport/target.js';
import { createTrust, type Trust } from '../../src/trust/trust.js';
import { thisUser } from '../../src/trust/who.js';
import { canStartSshd, startSshd, type Sshd } from './sshd.js';

const OTHER = 1;

describe('files of keys and known hosts', () => {
  let sshd: Sshd;
  let dir: string;
  let trust: Trust;
  before(async function () {
    this.timeout(30_000);
    if (!canStartSshd() || process.geteuid?.() !== 0) this.skip();
    sshd = await startSshd();
  });
  after(async () => {
    if (sshd as Sshd | undefined) await sshd.stop();
  });
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'provision-keys-'));
    trust = createTrust(thisUser({}), dir);
  });
  afterEach(() => rmSync(dir, { recursive: true, force: true }));

  const logIn = async (target: SshTarget): Promise<string> =>
    connect(target, { trust }).then(
      (connection) => {
        connection.close();
        return 'logged in';
      },
      (error: UnreachableError) => [error.message, ...error.detail, error.hint].join('\n'),
    );
  /** A copy of the good key: a key is read once a process. */
  const key = (name: string, mode: number, owner = 0): SshTarget => {
    const file = join(dir, name);
    copyFileSync(sshd.keys.good, file);
    chmodSync(file, mode);
    chownSync(file, owner, owner);
    return sshd.target({ privateKeyFiles: [file] });
  };

  it('a private key that others can read is not used, as ssh has it', async () => {
    expect(await logIn(key('own', 0o600))).to.equal('logged in');
    for (const mode of [0o644, 0o640, 0o604])
      expect(await logIn(key(`open-${mode}`, mode))).to.match(
        /others can read this private key \(mode 06.*chmod 600/,
      );
  });

  it('a private key of somebody else is not used', async () => {
    expect(await logIn(key('theirs', 0o600, OTHER))).to.match(/theirs \(owner daemon, mode 0600\)/);
  });

  it('known hosts that somebody else could have written decide about nobody', async () => {
    const target = sshd.target();
    const file = join(dir, 'known_hosts');
    copyFileSync(target.knownHostsFiles[0] ?? '', file);
    expect(await logIn({ ...target, knownHostsFiles: [file] })).to.equal('logged in');
    chmodSync(file, 0o666);
    trust = createTrust(thisUser({}), dir);
    expect(await logIn({ ...target, knownHostsFiles: [file] })).to.match(
      /could have been written by somebody else[^]*known_hosts \(owner root, mode 0666\): everybody/,
    );
  });
});
