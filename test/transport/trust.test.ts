import { execFileSync, spawn } from 'node:child_process';
import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { expect } from 'chai';
import ssh2, { type AuthContext, type KeyboardAuthContext, type ParsedKey, type ServerConfig } from 'ssh2';
import type { UnreachableError } from '../../src/errors.js';
import { ALGORITHMS } from '../../src/transport/algorithms.js';
import { connect, type ConnectOptions } from '../../src/transport/connect.js';
import type { Connection } from '../../src/transport/connection.js';
import type { SshTarget } from '../../src/transport/target.js';
import { canStartSshd, startSshd, type Sshd } from './sshd.js';

const { Server, utils } = ssh2;

const open: Connection[] = [];

async function login(target: SshTarget, options: ConnectOptions = {}): Promise<Connection> {
  const connection = await connect(target, options);
  open.push(connection);
  return connection;
}

async function refusal(target: SshTarget): Promise<UnreachableError> {
  return login(target).then(
    () => expect.fail('logged in'),
    (error: unknown) => {
      expect(error).to.have.property('name', 'UnreachableError');
      return error as UnreachableError;
    },
  );
}

function keygen(...args: string[]): void {
  execFileSync('ssh-keygen', ['-q', ...args]);
}

describe('what a login trusts', () => {
  let sshd: Sshd;
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
  const file = (name: string, text: string): string => {
    writeFileSync(join(sshd.folder, name), text);
    return join(sshd.folder, name);
  };
  const known = (...lines: string[]): Partial<SshTarget> => ({
    knownHostsFiles: [sshd.knownHosts(...lines)],
  });

  describe('revoked host keys', () => {
    const revoked = (value: string): Partial<SshTarget> => ({
      revokedHostKeys: { value, where: '~/.ssh/config:3' },
    });

    it('of a list of keys are refused, and no others', async () => {
      const list = file('revoked', `# stolen\n\n${sshd.hostKeys.other} old\n`);
      await login(sshd.target(revoked(list)));
      appendFileSync(list, `  ${sshd.hostKeys.ed25519} a comment\n`);
      for (const hostKeyChecking of ['yes', 'accept-new'] as const) {
        const error = await refusal(
          sshd.target({ ...revoked(list), hostKeyChecking, knownHostsFiles: [sshd.knownHosts()] }),
        );
        expect(error.message).to.match(
          /^the host key of \[127\.0\.0\.1\]:\d+, ssh-ed25519 SHA256:\S+, is revoked by .* \(RevokedHostKeys, ~\/\.ssh\/config:3\)$/,
        );
      }
    });

    it('of a key revocation list are refused, and no others', async () => {
      const list = join(sshd.folder, 'krl');
      keygen('-k', '-f', list, join(sshd.folder, 'host-other.pub'));
      await login(sshd.target(revoked(list)));
      keygen('-k', '-u', '-f', list, join(sshd.folder, 'host-ed25519.pub'));
      expect((await refusal(sshd.target(revoked(list)))).message).to.include(`is revoked by ${list}`);
    });

    it('of a list that cannot be read are all', async () => {
      const missing = await refusal(sshd.target(revoked('/no/such/list')));
      expect(missing.message).to.include('cannot be checked').and.include('/no/such/list');
      const broken = file('broken', 'SSHKRL\n\0 and nothing more');
      expect((await refusal(sshd.target(revoked(broken)))).message).to.include('cannot be checked');
    });
  });

  it('is the key of the alias, whatever the port is', async () => {
    const alias = { hostKeyAlias: 'farm' };
    await login(sshd.target({ ...alias, ...known(`farm ${sshd.hostKeys.ed25519}`) }));
    const other = await refusal(sshd.target({ ...alias, ...known(`farm ${sshd.hostKeys.other}`) }));
    expect(other.message).to.equal('the host key of farm is not the pinned one');
    const unknown = await refusal(
      sshd.target({ ...alias, ...known(`[127.0.0.1]:${sshd.port} ${sshd.hostKeys.ed25519}`) }),
    );
    expect(unknown.message).to.include('the host key of farm is not known');
  });

  it("is no name that leads to another host's address, with CheckHostIP", async () => {
    const named = (key: string): Partial<SshTarget> => ({
      host: 'localhost',
      family: 4,
      ...known(`[localhost]:${sshd.port} ${sshd.hostKeys.ed25519}`, `[127.0.0.1]:${sshd.port} ${key}`),
    });
    await login(sshd.target(named(sshd.hostKeys.other)));
    await login(sshd.target({ ...named(sshd.hostKeys.ed25519), checkHostIp: true }));
    const error = await refusal(sshd.target({ ...named(sshd.hostKeys.other), checkHostIp: true }));
    expect(error.message).to.equal(
      'the host key of localhost (127.0.0.1, CheckHostIP) is not the pinned one',
    );
  });

  it('is written down hashed where that is asked for, and found again', async () => {
    const hashed = sshd.knownHosts();
    const target = sshd.target({
      knownHostsFiles: [hashed],
      hostKeyChecking: 'accept-new',
      hashKnownHosts: true,
    });
    await login(target);
    expect(readFileSync(hashed, 'utf8')).to.match(/^\|1\|\S+\|\S+ ssh-ed25519 \S+\n$/);
    await login({ ...target, hostKeyChecking: 'yes' });
    expect(
      execFileSync('ssh-keygen', ['-F', `[127.0.0.1]:${sshd.port}`, '-f', hashed], { encoding: 'utf8' }),
    ).to.include('found');
  });

  it('is an RSA key of the size that is required', async () => {
    const rsa = known(`[127.0.0.1]:${sshd.port} ${sshd.hostKeys.rsa}`);
    await login(sshd.target({ ...rsa, requiredRsaSize: 3072 }));
    expect((await refusal(sshd.target({ ...rsa, requiredRsaSize: 3073 }))).message).to.match(
      /is an RSA key of 3072 bits; 3073 are required$/,
    );
    const own = await refusal(sshd.target({ privateKeyFiles: [sshd.keys.bad], requiredRsaSize: 2049 }));
    expect(own.hint).to.include('it is an RSA key of 2048 bits; 2049 are required');
  });

  it('is reached with the algorithms that are allowed, and no others', async () => {
    await login(
      sshd.target({
        algorithms: {
          KexAlgorithms: ['ecdh-sha2-nistp384'],
          Ciphers: ['aes256-ctr'],
          MACs: ['hmac-sha2-512'],
          HostKeyAlgorithms: ['ssh-ed25519'],
          PubkeyAcceptedAlgorithms: ['ssh-ed25519'],
        },
      }),
    );
    // Only RSA is pinned, only ed25519 allowed: as with ssh, nothing is left to trust.
    const limited = sshd.target({
      ...known(`[127.0.0.1]:${sshd.port} ${sshd.hostKeys.rsa}`),
      algorithms: { HostKeyAlgorithms: ['ssh-ed25519'] },
    });
    expect((await refusal(limited)).message).to.include('is not the pinned one');
    const keys = await refusal(sshd.target({ algorithms: { PubkeyAcceptedAlgorithms: ['rsa-sha2-512'] } }));
    expect(keys.hint).to.include('signatures of type ssh-ed25519 are not among rsa-sha2-512');
  });

  it('gets what the options leave of the ways to log in', async () => {
    const error = await refusal(
      sshd.target({
        privateKeyFiles: [],
        password: sshd.password,
        methods: { kinds: ['publickey'], said: 'PasswordAuthentication no (~/.ssh/config:2)' },
      }),
    );
    expect(error.hint).to.include('the password: left out by PasswordAuthentication no (~/.ssh/config:2)');
    expect(sshd.log()).not.to.match(/Failed password/);
  });

  describe('keys of users', () => {
    it('that ssh2 does not have are named, with their kind', async () => {
      const body = Buffer.from('openssh-key-v1\0\0\0\0\x1ask-ssh-ed25519@openssh.com\0').toString('base64');
      const fido = file(
        'fido',
        `-----BEGIN OPENSSH PRIVATE KEY-----\n${body}\n-----END OPENSSH PRIVATE KEY-----\n`,
      );
      expect((await refusal(sshd.target({ privateKeyFiles: [fido] }))).hint).to.include(
        'it is a FIDO key (sk-ssh-ed25519@openssh.com), which is not supported here',
      );
      const authority = join(sshd.folder, 'authority');
      keygen('-t', 'ed25519', '-N', '', '-f', authority);
      const mine = join(sshd.folder, 'mine');
      keygen('-t', 'ed25519', '-N', '', '-f', mine);
      keygen('-s', authority, '-I', 'me', '-n', sshd.user, `${mine}.pub`);
      const named = await refusal(sshd.target({ privateKeyFiles: [`${mine}-cert.pub`] }));
      expect(named.hint).to.include('it is a certificate, which is not supported here');
      const beside = await refusal(sshd.target({ privateKeyFiles: [mine] }));
      expect(beside.hint).to.include(`${mine}-cert.pub: certificates are not supported`);
      expect((await refusal(sshd.target({ privateKeyFiles: [`${mine}.pub`] }))).hint).to.include(
        'it is a public key',
      );
    });

    it('of the agent are those of the files alone, with IdentitiesOnly', async () => {
      const socket = join(sshd.folder, 'agent');
      const agent = spawn('ssh-agent', ['-D', '-a', socket], { stdio: 'ignore' });
      try {
        for (let tries = 0; !existsSync(socket) && tries < 100; tries += 1)
          await new Promise((resolve) => setTimeout(resolve, 20));
        execFileSync('ssh-add', ['-q', sshd.keys.good], { env: { ...process.env, SSH_AUTH_SOCK: socket } });
        const only = { agentSocket: socket, identitiesOnly: true } as const;
        // The private half is only in the agent.
        const half = join(sshd.folder, 'half');
        writeFileSync(`${half}.pub`, readFileSync(`${sshd.keys.good}.pub`));
        await login(sshd.target({ ...only, privateKeyFiles: [half] }));
        await refusal(sshd.target({ ...only, privateKeyFiles: [sshd.keys.bad] }));
        await refusal(sshd.target({ ...only, privateKeyFiles: [] }));
      } finally {
        agent.kill();
      }
    });
  });
});

describe('a new key exchange in the middle of a connection', () => {
  let sshd: Sshd;
  before(async function () {
    this.timeout(30_000);
    if (!canStartSshd()) this.skip();
    sshd = await startSshd('RekeyLimit 1M');
  });
  after(async () => {
    if (sshd as Sshd | undefined) await sshd.stop();
  });

  for (const [way, command] of [
    ['from the host', 'head -c 100000000 /dev/zero'],
    ['to the host', 'wc -c'],
  ] as const) {
    it(`does not end it: 100 MB ${way}`, async function () {
      this.timeout(60_000);
      const connection = await connect(sshd.target());
      const channel = await connection.exec(command);
      let [bytes, text] = [0, ''];
      channel.stdout.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes < 100) text += chunk.toString();
      });
      if (command === 'wc -c') {
        const part = Buffer.alloc(1_000_000);
        for (let parts = 0; parts < 100; parts += 1)
          if (!channel.stdin.write(part))
            await new Promise((resolve) => channel.stdin.once('drain', resolve));
      }
      channel.stdin.end();
      expect(await channel.exit).to.deep.equal({ code: 0 });
      if (command === 'wc -c') expect(text).to.equal('100000000\n');
      else expect(bytes).to.equal(100_000_000);
      connection.close();
      expect(await connection.closed).to.equal(undefined);
    });
  }
});

describe('an odd ssh server', () => {
  let folder: string;
  const servers: InstanceType<typeof Server>[] = [];
  before(function () {
    if (!canStartSshd()) this.skip();
    folder = execFileSync('mktemp', ['-d'], { encoding: 'utf8' }).trim();
    keygen('-t', 'rsa', '-b', '2048', '-N', '', '-f', join(folder, 'rsa'));
    keygen('-t', 'ed25519', '-N', '', '-f', join(folder, 'ed25519'));
    keygen('-t', 'ed25519', '-N', '', '-f', join(folder, 'other'));
  });
  after(() => {
    if (folder) execFileSync('rm', ['-rf', folder]);
  });
  afterEach(() => {
    for (const connection of open.splice(0)) connection.close();
    for (const server of servers.splice(0)) server.close();
  });
  const keyOf = (name: string): ParsedKey =>
    [utils.parseKey(readFileSync(join(folder, name)))].flat()[0] as ParsedKey;

  async function serve(
    config: Partial<ServerConfig>,
    authentication: (context: AuthContext) => void = (context) => context.accept(),
  ): Promise<number> {
    const server = new Server({ hostKeys: [readFileSync(join(folder, 'ed25519'))], ...config }, (client) => {
      client.on('error', () => undefined);
      client.on('authentication', authentication);
    });
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return (server.address() as AddressInfo).port;
  }
  let files = 0;
  const target = (port: number, changes: Partial<SshTarget> = {}): SshTarget => ({
    kind: 'ssh',
    name: 'web1',
    host: '127.0.0.1',
    port,
    user: 'me',
    privateKeyFiles: [],
    password: 'the-password',
    knownHostsFiles: [join(folder, `known-${(files += 1)}`)],
    hostKeyChecking: 'accept-new',
    connectTimeout: 5,
    jumps: [],
    ...changes,
  });

  for (const [what, algorithms, kind] of [
    ['signatures with SHA-1', { serverHostKey: ['ssh-rsa'] }, 'signature of the host key'],
    ['MACs with SHA-1', { hmac: ['hmac-sha1', 'hmac-sha1-etm@openssh.com'], cipher: ['aes128-ctr'] }, 'MAC'],
    ['group 14 with SHA-1', { kex: ['diffie-hellman-group14-sha1'] }, 'key exchange'],
    ['group exchange with SHA-1', { kex: ['diffie-hellman-group-exchange-sha1'] }, 'key exchange'],
    ['group 1', { kex: ['diffie-hellman-group1-sha1'] }, 'key exchange'],
    ['CBC', { cipher: ['aes128-cbc', '3des-cbc'] }, 'cipher'],
  ] as const) {
    it(`that has only ${what} is refused, with what it offers`, async () => {
      const config = { hostKeys: [readFileSync(join(folder, 'rsa'))], algorithms } as unknown as ServerConfig;
      const port = await serve(config);
      const error = await refusal(target(port));
      expect(error.message).to.equal(`127.0.0.1 port ${port} has no ${kind} in common with us`);
      expect(error.detail[0]).to.equal(`it offers: ${[...Object.values(algorithms)[0]!].join(', ')}`);
      expect(error.detail[1]).to.match(/^we take: {3}\S+/);
      expect(error.hint).to.include('broken or weak');
    });
  }

  it('that has what the options leave out is refused, with the option', async () => {
    const port = await serve({ algorithms: { cipher: ['aes128-ctr'] } });
    const error = await refusal(target(port, { algorithms: { Ciphers: ['aes256-ctr'] } }));
    expect(error.detail).to.deep.equal([
      'it offers: aes128-ctr',
      'we take:   aes256-ctr (Ciphers in the options for this host)',
    ]);
  });

  it('that shows a key without having it leaves no line', async () => {
    // It signs with its own key and shows another's.
    const shown = keyOf('ed25519');
    const liar = Object.create(keyOf('other'), {
      getPublicSSH: { value: () => shown.getPublicSSH() },
    }) as ParsedKey;
    const port = await serve({ hostKeys: [{ key: liar } as unknown as Buffer] });
    const given = target(port);
    const error = await refusal(given);
    expect(error.message).to.include('signature verification failed');
    expect(existsSync(given.knownHostsFiles[0]!)).to.equal(false);
  });

  it('that lets nobody in leaves no line either', async () => {
    const port = await serve({}, (context) => context.reject(['password']));
    const given = target(port);
    await refusal(given);
    expect(existsSync(given.knownHostsFiles[0]!)).to.equal(false);
    await login(target(await serve({})));
  });

  it('two at one address, one after the other at the same time: the first that is logged in to is pinned', async () => {
    const knownHosts = join(folder, 'both');
    mkdirSync(folder, { recursive: true });
    const ports = [await serve({}), await serve({ hostKeys: [readFileSync(join(folder, 'other'))] })];
    const results = await Promise.allSettled(
      ports.map((port) => login(target(port, { knownHostsFiles: [knownHosts], hostKeyAlias: 'one' }))),
    );
    expect(results.map(({ status }) => status).sort()).to.deep.equal(['fulfilled', 'rejected']);
    expect(readFileSync(knownHosts, 'utf8').split('\n')).to.have.length(2);
  });

  describe('that asks', () => {
    /** A server that asks by keyboard-interactive alone, and what it was told. */
    async function asking(
      ...rounds: readonly { prompt: string; echo: boolean }[][]
    ): Promise<{ port: number; told: string[] }> {
      const told: string[] = [];
      const ask = (context: KeyboardAuthContext, left: typeof rounds): void => {
        const [round, ...others] = left;
        if (round === undefined) context.accept();
        else
          context.prompt([...round], '', (answers) => {
            told.push(...(answers ?? []));
            if (answers?.length === round.length) ask(context, others);
            else context.reject();
          });
      };
      const port = await serve({}, (context) => {
        if (context.method === 'keyboard-interactive') ask(context, rounds);
        else context.reject(['keyboard-interactive']);
      });
      return { port, told };
    }
    const hidden = (prompt: string): { prompt: string; echo: boolean } => ({ prompt, echo: false });

    for (const prompt of ['Password: ', '(me@host) Password:', 'Passwort: ', 'Password for me@code-server:'])
      it(`for the password is given it: ${prompt}`, async () => {
        const { port, told } = await asking([hidden(prompt)]);
        await login(target(port));
        expect(told).to.deep.equal(['the-password']);
      });

    for (const [what, round] of [
      ['something else', [hidden('Your bank PIN: ')]],
      ['a one-time password', [hidden('One-time password (OATH) for me: ')]],
      ['a code', [hidden('Verification code: ')]],
      ['a new password', [hidden('New password: ')]],
      ['with what is typed shown', [{ prompt: 'Password: ', echo: true }]],
      ['for two things', [hidden('Password: '), hidden('Again: ')]],
    ] as const)
      it(`${what} is given nothing, and its question is shown`, async () => {
        const { port, told } = await asking([...round]);
        const error = await refusal(target(port));
        expect(told).to.deep.equal([]);
        expect(error.hint).to.include(round[0].prompt.trim()).and.include('not given to it');
      });

    it('again is given it once', async () => {
      const { port, told } = await asking([hidden('Password: ')], [hidden('Password: ')]);
      expect((await refusal(target(port))).hint).to.include('the host asks again: "Password:"');
      expect(told).to.deep.equal(['the-password']);
    });

    it('with control characters, at length, is shown in one short line', async () => {
      const { port } = await asking([hidden(`\u001b]0;owned\u0007\n${'PIN '.repeat(1000)}`)]);
      const { hint } = await refusal(target(port));
      expect(hint).to.include('\\x1b]0;owned\\x07\\n');
      expect(hint!.length).to.be.lessThan(400);
    });
  });
});

describe('the algorithms that are offered', () => {
  it('are all that ssh2 has, without what is broken', async () => {
    const constants = (await import('ssh2/lib/protocol/constants.js' as string)) as {
      default: Record<string, readonly string[]>;
    };
    const has = (list: string): readonly string[] => constants.default[list]!;
    const broken = /sha1|^ssh-(rsa|dss)$|cbc|arcfour|md5|ripemd|-96$|^aes\d+-gcm$/;
    const sound = (list: string): string[] => has(list).filter((name) => !broken.test(name));
    expect(ALGORITHMS.KexAlgorithms).to.have.members(sound('SUPPORTED_KEX'));
    expect(ALGORITHMS.HostKeyAlgorithms).to.have.members(sound('SUPPORTED_SERVER_HOST_KEY'));
    expect(ALGORITHMS.MACs).to.have.members(sound('SUPPORTED_MAC'));
    expect(ALGORITHMS.Ciphers).to.have.members(sound('SUPPORTED_CIPHER'));
  });
});
