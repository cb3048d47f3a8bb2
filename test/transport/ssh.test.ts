import { spawn, type ChildProcess } from 'node:child_process';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { connect as connectTcp, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { expect } from 'chai';
import { startAgent } from '../../src/agent/agent.js';
import type { UnreachableError } from '../../src/errors.js';
import { connect, type ConnectOptions } from '../../src/transport/connect.js';
import type { Connection } from '../../src/transport/connection.js';
import type { SshTarget } from '../../src/transport/target.js';
import { canStartSshd, startSshd, type Sshd } from './sshd.js';

describe('connect over ssh', () => {
  let sshd: Sshd;
  const open: Connection[] = [];

  before(async function () {
    this.timeout(30_000);
    if (!canStartSshd()) this.skip();
    sshd = await startSshd();
  });
  after(async () => {
    if (sshd as Sshd | undefined) await sshd.stop();
  });
  afterEach(() => {
    for (const connection of open.splice(0)) connection.close();
  });

  async function login(target: SshTarget, options: ConnectOptions = {}): Promise<Connection> {
    const connection = await connect(target, options);
    open.push(connection);
    return connection;
  }
  async function say(connection: Connection, command: string): Promise<string> {
    const channel = await connection.exec(command);
    let out = '';
    channel.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
    channel.stderr.on('data', (chunk: Buffer) => (out += chunk.toString()));
    channel.stdin.end();
    const { code, signal } = await channel.exit;
    return `${out}${signal ?? code ?? 'none'}`;
  }
  async function refusal(target: SshTarget, options: ConnectOptions = {}): Promise<UnreachableError> {
    return login(target, options).then(
      () => expect.fail('logged in'),
      (error: unknown) => {
        // By name: what is imported at run time has classes of its own under the test runner's loader.
        expect(error).to.have.property('name', 'UnreachableError');
        expect(error).to.have.property('host', 'web1');
        return error as UnreachableError;
      },
    );
  }
  const pinned = (...keys: string[]): string[] => [
    sshd.knownHosts(...keys.map((key) => `[127.0.0.1]:${sshd.port} ${key}`)),
  ];

  it('runs commands and tells how they ended', async () => {
    const connection = await login(sshd.target());
    expect(await say(connection, 'id -un; echo err >&2; exit 3')).to.equal(`${sshd.user}\nerr\n3`);
    expect(await say(connection, 'kill -TERM $$')).to.equal('SIGTERM');
    expect(await Promise.all([1, 2, 3, 4, 5].map((n) => say(connection, `echo ${n}`)))).to.deep.equal([
      '1\n0',
      '2\n0',
      '3\n0',
      '4\n0',
      '5\n0',
    ]);
  });

  it('carries an agent', async () => {
    const agent = await startAgent(await login(sshd.target()), { host: 'web1' });
    const bytes = Buffer.alloc(2 * 1024 * 1024, 'ä');
    const path = join(sshd.folder, 'home', 'large');
    const { outputs } = await agent.request({
      steps: [
        { kind: 'run', argv: ['id', '-un'] },
        { kind: 'write', path, content: bytes },
      ],
      queries: [],
    });
    expect(outputs[0]?.stdout).to.equal(`${sshd.user}\n`);
    expect(readFileSync(path).equals(bytes)).to.equal(true);
    await agent.close();
  });

  describe('login', () => {
    it('with a password', async () => {
      await login(sshd.target({ privateKeyFiles: [], password: sshd.password }));
    });

    it('with the second key, or with the password when no key is taken', async () => {
      await login(sshd.target({ privateKeyFiles: [sshd.keys.bad, sshd.keys.good] }));
      await login(sshd.target({ privateKeyFiles: [sshd.keys.bad], password: sshd.password }));
    });

    it('with an encrypted key: the passphrase is asked for once, however many hosts want it', async () => {
      const questions: string[] = [];
      const options = {
        prompt: (question: string): Promise<string> => {
          questions.push(question);
          return Promise.resolve('open sesame');
        },
      };
      const target = sshd.target({ privateKeyFiles: [sshd.keys.encrypted] });
      await Promise.all([login(target, options), login(target, options), login(target, options)]);
      expect(questions).to.deep.equal([`Passphrase of ${sshd.keys.encrypted}: `]);
    });

    it('with the keys of an ssh-agent', async function () {
      const socket = join(sshd.folder, 'agent');
      const agent: ChildProcess = spawn('ssh-agent', ['-D', '-a', socket], { stdio: 'ignore' });
      try {
        for (let tries = 0; tries < 100; tries += 1) {
          await new Promise((resolve) => setTimeout(resolve, 20));
          const add = spawn('ssh-add', ['-q', sshd.keys.bad, sshd.keys.good], {
            env: { ...process.env, SSH_AUTH_SOCK: socket },
            stdio: 'ignore',
          });
          if ((await new Promise((resolve) => add.once('exit', resolve))) === 0) break;
        }
        await login(sshd.target({ privateKeyFiles: [], agentSocket: socket }));
      } finally {
        agent.kill();
      }
    });

    it('goes on with the key files when there is no ssh-agent behind the socket', async () => {
      await login(sshd.target({ agentSocket: join(sshd.folder, 'nothing') }));
    });

    it('refused: says what was tried', async () => {
      const error = await refusal(sshd.target({ privateKeyFiles: [sshd.keys.bad], password: 'wrong' }));
      expect(error.message).to.equal(
        `127.0.0.1 refuses the login of ${sshd.user}: tried ${sshd.keys.bad}, the password`,
      );
      expect((await refusal(sshd.target({ privateKeyFiles: [] }))).message).to.include(
        'there was no key and no password to try',
      );
    });

    it('refused: says why a key could not be used', async () => {
      const missing = await refusal(sshd.target({ privateKeyFiles: ['/no/such/key'] }));
      expect(missing.hint).to.include('/no/such/key: ').and.include('does not exist');
      const noKey = join(sshd.folder, 'config');
      expect((await refusal(sshd.target({ privateKeyFiles: [noKey] }))).hint).to.include('not a private key');
      const locked = join(sshd.folder, 'locked');
      writeFileSync(locked, readFileSync(sshd.keys.encrypted));
      expect((await refusal(sshd.target({ privateKeyFiles: [locked] }))).hint).to.include(
        'nobody can be asked',
      );
      const wrong = await refusal(sshd.target({ privateKeyFiles: [locked] }), {
        prompt: () => Promise.resolve('no'),
      });
      expect(wrong.hint).to.include('the passphrase is wrong');
    });
  });

  describe('host keys', () => {
    it('are accepted when pinned, whichever of the host keys it is, by a pattern, and beside others', async () => {
      await login(sshd.target({ knownHostsFiles: pinned(sshd.hostKeys.rsa) }));
      await login(sshd.target({ knownHostsFiles: pinned(sshd.hostKeys.other, sshd.hostKeys.ed25519) }));
      await login(
        sshd.target({
          knownHostsFiles: ['/no/such/file', sshd.knownHosts(`[127.*]:* ${sshd.hostKeys.rsa}`)],
        }),
      );
    });

    it('refused when changed: both fingerprints and the place of the pinned one', async () => {
      for (const hostKeyChecking of ['yes', 'accept-new'] as const) {
        const file = sshd.knownHosts('# nothing', `[127.0.0.1]:${sshd.port} ${sshd.hostKeys.other}`);
        const error = await refusal(sshd.target({ knownHostsFiles: [file], hostKeyChecking }));
        expect(error.message).to.equal(`the host key of [127.0.0.1]:${sshd.port} is not the pinned one`);
        expect(error.detail).to.have.length(2);
        expect(error.detail[0]).to.match(/^shown: {2}ssh-ed25519 SHA256:[A-Za-z0-9+/]{43}$/);
        expect(error.detail[1]).to.match(/^pinned: ssh-ed25519 SHA256:[A-Za-z0-9+/]{43} \(.*known-\d+:2\)$/);
        expect(error.hint).to.include('in between');
      }
      expect(sshd.log()).to.not.include('Accepted none');
    });

    it('refused when only another type is pinned, that the host does not show', async () => {
      const ecdsa = 'ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTY=';
      const error = await refusal(sshd.target({ knownHostsFiles: pinned(ecdsa) }));
      expect(error.message).to.include('is not the pinned one');
    });

    it('refused when unknown: fingerprint, type and what to do', async () => {
      const error = await refusal(
        sshd.target({ knownHostsFiles: [sshd.knownHosts(`other ${sshd.hostKeys.ed25519}`)] }),
      );
      expect(error.message).to.match(
        /^the host key of \[127\.0\.0\.1\]:\d+ is not known: ssh-ed25519 SHA256:/,
      );
      expect(error.hint).to.include(`ssh-keyscan -p ${sshd.port} 127.0.0.1 >>`).and.include('accept-new');
    });

    it('refused when revoked, also where new ones are accepted', async () => {
      const file = sshd.knownHosts(`@revoked * ${sshd.hostKeys.ed25519}`);
      const error = await refusal(sshd.target({ knownHostsFiles: [file], hostKeyChecking: 'accept-new' }));
      expect(error.message).to.include('revoked').and.include(`${file}:1`);
    });

    it('refused where only an authority is named, with the reason', async () => {
      const error = await refusal(
        sshd.target({ knownHostsFiles: [sshd.knownHosts(`@cert-authority * ${sshd.hostKeys.other}`)] }),
      );
      expect(error.detail.join()).to.include('certificates are not supported');
    });

    it('are pinned in the first file when new ones are accepted, and hold from then on', async () => {
      const file = sshd.knownHosts();
      writeFileSync(file, `other ${sshd.hostKeys.other}`);
      const target = sshd.target({
        knownHostsFiles: [file, sshd.knownHosts()],
        hostKeyChecking: 'accept-new',
      });
      await login(target);
      expect(readFileSync(file, 'utf8')).to.equal(
        `other ${sshd.hostKeys.other}\n[127.0.0.1]:${sshd.port} ${sshd.hostKeys.ed25519}\n`,
      );
      expect(statSync(file).mode & 0o777).to.equal(0o600);
      await login({ ...target, hostKeyChecking: 'yes' });
      expect(readFileSync(file, 'utf8').split('\n')).to.have.length(3);
      const fresh = join(sshd.folder, 'new', 'known_hosts');
      await login(sshd.target({ knownHostsFiles: [fresh], hostKeyChecking: 'accept-new' }));
      expect(statSync(join(sshd.folder, 'new')).mode & 0o777).to.equal(0o700);
    });
  });

  describe('a host that cannot be reached', () => {
    const servers: Server[] = [];
    const sockets: Socket[] = [];
    afterEach(() => {
      for (const socket of sockets.splice(0)) socket.destroy();
      for (const server of servers.splice(0)) server.close();
    });
    async function serve(handle: (socket: Socket) => void): Promise<number> {
      const server = createServer((socket) => {
        sockets.push(socket);
        socket.on('error', () => undefined);
        handle(socket);
      });
      servers.push(server);
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      return (server.address() as AddressInfo).port;
    }

    it('refuses', async () => {
      const error = await refusal(sshd.target({ port: 1 }));
      expect(error.message).to.equal('127.0.0.1 port 1 refuses the connection');
      expect(error.hint).to.include('sshd');
    });

    it('has a name that does not resolve', async () => {
      expect((await refusal(sshd.target({ host: 'no-such-host.invalid' }))).message).to.equal(
        'the name no-such-host.invalid does not resolve',
      );
    });

    it('never answers: gives up when its time is over', async () => {
      const port = await serve(() => undefined);
      const began = Date.now();
      const error = await refusal(sshd.target({ port, connectTimeout: 0.5 }));
      expect(error.message).to.equal(`no login to 127.0.0.1 port ${port} within 0.5 s`);
      expect(Date.now() - began).to.be.within(450, 2000);
    });

    it('is no ssh server, or hangs up', async () => {
      const other = await serve((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
      expect((await refusal(sshd.target({ port: other }))).message).to.include(`127.0.0.1 port ${other}`);
      const closing = await serve((socket) => socket.destroy());
      expect((await refusal(sshd.target({ port: closing }))).message).to.include('closed the connection');
    });

    it('holds logins from this address back, or has too many: in its own words', async () => {
      const says = async (line: string): Promise<string> => {
        const port = await serve((socket) => socket.end(`${line}\r\n`));
        const { message, hint } = await refusal(sshd.target({ port }));
        return `${message.replace(String(port), 'N')}: ${hint}`;
      };
      expect(await says('Not allowed at this time'))
        .to.match(/^127\.0\.0\.1 port N lets nobody from this address in for a while/)
        .and.to.match(/PerSourcePenaltyExemptList/);
      expect(await says('Exceeded MaxStartups')).to.match(
        /^127\.0\.0\.1 port N has too many logins under way/,
      );
    });

    it('is not waited for after an abort, before or while connecting', async () => {
      const port = await serve(() => undefined);
      const controller = new AbortController();
      const late = refusal(sshd.target({ port }), { signal: controller.signal });
      setTimeout(() => controller.abort(), 50);
      expect((await late).message).to.equal('interrupted');
      expect((await refusal(sshd.target({ port }), { signal: controller.signal })).message).to.equal(
        'interrupted',
      );
    });

    it('is lost later: the request says what was running', async () => {
      const port = await serve((socket) => {
        const on = connectTcp(sshd.port, '127.0.0.1');
        sockets.push(on);
        on.on('error', () => undefined);
        socket.pipe(on).pipe(socket);
      });
      const target = sshd.target({
        port,
        knownHostsFiles: [sshd.knownHosts(`[127.0.0.1]:${port} ${sshd.hostKeys.ed25519}`)],
      });
      const connection = await login(target);
      const agent = await startAgent(connection, { host: 'web1' });
      const lost = agent.request({ steps: [{ kind: 'run', argv: ['sleep', '31.4159'] }], queries: [] }).then(
        () => expect.fail('answered'),
        (error: unknown) => error as UnreachableError,
      );
      setTimeout(() => sockets.splice(0).forEach((socket) => socket.destroy()), 300);
      expect((await lost).message).to.equal('the connection was lost during: sleep 31.4159');
      await connection.closed;
      const again = await connection.exec('true').then(
        () => expect.fail('started'),
        (error: unknown) => error as UnreachableError,
      );
      expect(again.message).to.include('127.0.0.1 starts no command');
    });
  });

  describe('jump hosts', () => {
    it('lead to the host, one behind the other, each with its own key check', async () => {
      const jump = sshd.target({ name: 'jump' });
      const connection = await login(sshd.target({ jumps: [jump, jump] }));
      expect(await say(connection, 'echo through')).to.equal('through\n0');
      const wrong = sshd.target({ name: 'web1', knownHostsFiles: pinned(sshd.hostKeys.other) });
      expect((await refusal(sshd.target({ jumps: [jump, wrong] }))).message).to.include(
        'is not the pinned one',
      );
    });

    it('that cannot reach it say so', async () => {
      const error = await refusal(sshd.target({ port: 1, jumps: [sshd.target({ name: 'jump' })] }));
      expect(error.message).to.include('jump host 127.0.0.1 cannot reach 127.0.0.1 port 1');
      expect(error.hint).to.include('AllowTcpForwarding');
    });
  });
});
