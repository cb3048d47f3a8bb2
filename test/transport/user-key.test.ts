import { execFileSync, spawn } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import ssh2, { type ParsedKey } from 'ssh2';
import { narrowAgent } from '../../src/transport/narrow-agent.js';
import type { SshTarget } from '../../src/transport/target.js';
import { readUserKey } from '../../src/transport/user-key.js';

const target: SshTarget = {
  kind: 'ssh',
  name: 'web1',
  host: '127.0.0.1',
  port: 22,
  user: 'me',
  privateKeyFiles: [],
  knownHostsFiles: [],
  hostKeyChecking: 'yes',
  connectTimeout: 5,
  jumps: [],
};

/** ssh2 asks for SHA-1 where a host does not say that it knows SHA-2. */
describe('an RSA key of a user', () => {
  let folder: string;
  let file: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'user-key-'));
    file = join(folder, 'rsa');
    execFileSync('ssh-keygen', ['-q', '-t', 'rsa', '-b', '2048', '-N', '', '-f', file]);
  });
  after(() => rmSync(folder, { recursive: true }));
  const only = (algorithm: string): SshTarget => ({
    ...target,
    algorithms: { PubkeyAcceptedAlgorithms: [algorithm] },
  });

  it('signs with SHA-2 and never with SHA-1', async () => {
    const key = await readUserKey(file, target, {});
    for (const hash of ['sha256', 'sha512']) expect(key.sign('data', hash), hash).to.be.instanceOf(Buffer);
    for (const hash of ['sha1', undefined])
      expect(key.sign('data', hash), hash).to.be.instanceOf(Error).with.property('message').include('SHA-1');
  });

  it('signs with nothing that the options leave out', async () => {
    const key = await readUserKey(file, only('rsa-sha2-512'), {});
    expect(key.sign('data', 'sha512')).to.be.instanceOf(Buffer);
    expect(key.sign('data', 'sha256')).to.be.instanceOf(Error);
  });

  it('is held to the same in an ssh-agent', async () => {
    const socket = join(folder, 'agent');
    const child = spawn('ssh-agent', ['-D', '-a', socket], { stdio: 'ignore' });
    try {
      for (let tries = 0; !existsSync(socket) && tries < 100; tries += 1)
        await new Promise((resolve) => setTimeout(resolve, 20));
      execFileSync('ssh-add', ['-q', file], { env: { ...process.env, SSH_AUTH_SOCK: socket } });
      const shared = [ssh2.utils.parseKey(readFileSync(`${file}.pub`))].flat()[0] as ParsedKey;
      const sign = (given: SshTarget, hash?: 'sha1' | 'sha256'): Promise<unknown> =>
        new Promise((resolve) => {
          narrowAgent(socket, given).sign(
            shared,
            Buffer.from('data'),
            hash ? { hash } : {},
            (error, signed) => resolve(error ?? signed),
          );
        });
      expect(await sign(target, 'sha256')).to.be.instanceOf(Buffer);
      expect(await sign(target, 'sha1')).to.be.instanceOf(Error);
      expect(await sign(target)).to.be.instanceOf(Error);
      const listed = (given: SshTarget): Promise<number> =>
        new Promise((resolve, reject) => {
          narrowAgent(socket, given).getIdentities((error, keys) =>
            error ? reject(error) : resolve(keys?.length ?? 0),
          );
        });
      expect(await listed(target)).to.equal(1);
      expect(await listed(only('ssh-ed25519'))).to.equal(0);
      expect(await listed({ ...target, identitiesOnly: true })).to.equal(0);
    } finally {
      child.kill();
    }
  });
});

/** What `openssl genpkey` writes. */
describe('a key in PKCS#8', () => {
  let folder: string;
  before(() => (folder = mkdtempSync(join(tmpdir(), 'pkcs8-'))));
  after(() => rmSync(folder, { recursive: true }));

  const kinds = {
    'ssh-ed25519': generateKeyPairSync('ed25519'),
    'ssh-rsa': generateKeyPairSync('rsa', { modulusLength: 2048 }),
    'ecdsa-sha2-nistp256': generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  };
  for (const [type, { privateKey }] of Object.entries(kinds)) {
    for (const passphrase of [undefined, 'open sesame']) {
      it(`${type}, ${passphrase === undefined ? 'plain' : 'with a passphrase'}, is the key that it was`, async () => {
        const file = join(folder, `${type}${passphrase === undefined ? '' : '-encrypted'}`);
        const pem = privateKey.export({
          type: 'pkcs8',
          format: 'pem',
          ...(passphrase === undefined ? {} : { cipher: 'aes-256-cbc', passphrase }),
        });
        writeFileSync(file, pem, { mode: 0o600 });
        const asked: string[] = [];
        const prompt = (question: string): Promise<string> => {
          asked.push(question);
          return Promise.resolve(passphrase ?? '');
        };
        const key = await readUserKey(file, target, { prompt });
        expect(key.type).to.equal(type);
        expect(asked).to.have.length(passphrase === undefined ? 0 : 1);
        const data = Buffer.from('what is signed');
        const hash = type === 'ssh-ed25519' ? undefined : 'sha256';
        const signature = key.sign(data, hash);
        expect(key.verify(data, signature as Buffer, hash)).to.equal(true);
        // ssh-keygen takes them as well, but for those of ed25519 in older releases.
        if (type !== 'ssh-ed25519' && passphrase === undefined)
          expect(
            execFileSync('ssh-keygen', ['-y', '-f', file], { encoding: 'utf8' }).split(' ')[1]?.trim(),
          ).to.equal(key.getPublicSSH().toString('base64'));
      });
    }
  }

  it('refused: a wrong passphrase, and a type that SSH has no name for', async () => {
    const reason = (file: string): Promise<string> =>
      readUserKey(file, target, { prompt: () => Promise.resolve('wrong') }).then(
        () => 'taken',
        (error: Error) => error.message,
      );
    copyFileSync(join(folder, 'ssh-rsa-encrypted'), join(folder, 'again'));
    expect(await reason(join(folder, 'again'))).to.equal('the passphrase is wrong');
    const other = join(folder, 'x25519');
    writeFileSync(other, generateKeyPairSync('x25519').privateKey.export({ type: 'pkcs8', format: 'pem' }), {
      mode: 0o600,
    });
    expect(await reason(other)).to.equal('it is a key of type x25519, which SSH has no name for');
  });
});
