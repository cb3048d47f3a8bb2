import { createServer } from 'node:net';
import { expect } from 'chai';
import { Answers, type LoginQuery } from '../../src/agent/query.js';
import { Session } from '../../src/controller/session.js';
import type { SshTarget } from '../../src/transport/target.js';
import { canStartSshd, startSshd, type Sshd } from '../transport/sshd.js';

const LOGIN: LoginQuery = { kind: 'login', timeout: 1, connectTimeout: 2, delay: 0, sleep: 0.2 };

describe('a new login', () => {
  let sshd: Sshd;
  let target: SshTarget;
  let session: Session;
  let connected = 0;

  before(async function () {
    this.timeout(30_000);
    if (!canStartSshd()) this.skip();
    sshd = await startSshd();
  });
  after(async () => {
    if (sshd as Sshd | undefined) await sshd.stop();
  });
  beforeEach(() => {
    target = sshd.target();
    connected = 0;
    session = new Session('web1', {
      connection: () => ({
        target,
        become: undefined,
        becomeUser: undefined,
        becomePassword: undefined,
        limits: {},
      }),
      lockHolder: undefined,
      signal: new AbortController().signal,
      onConnected: () => (connected += 1),
      onRequest: () => undefined,
      now: () => performance.now(),
      facts: false,
      sleep: (seconds) => new Promise((resolve) => setTimeout(resolve, seconds * 1000)),
    });
  });
  afterEach(() => session.close());

  const tried = async (query = LOGIN): Promise<{ ok: boolean; error?: string }> => {
    const { answers } = await session.request(undefined, { steps: [], queries: [query] });
    return answers.get<'login'>(query);
  };

  it('is another one than the connection of the run, which is not even asked', async () => {
    expect(await tried()).to.deep.equal({ ok: true });
    expect([connected, session.counters.roundTrips]).to.deep.equal([0, 0]);
    expect(sshd.log()).to.match(/Accepted publickey/);
  });

  it('fails when none works any more, however well the connection of the run does', async () => {
    const ask = { kind: 'command', argv: ['echo', 'well'] } as const;
    await session.request(undefined, { steps: [], queries: [ask] });
    target = { ...target, port: await closedPort() };
    const steps = [{ kind: 'run', argv: ['true'] }] as const;
    const { answers, outputs } = await session.request(undefined, { steps, queries: [LOGIN, ask] });
    expect(outputs).to.have.length(1);
    expect(answers.get<'command'>(ask).stdout.trim()).to.equal('well');
    expect(answers.get<'login'>(LOGIN))
      .to.have.property('error')
      .that.matches(/refuses the connection/);
  });

  it('is not tried after a step that failed', async () => {
    target = { ...target };
    const steps = [{ kind: 'run', argv: ['false'] }] as const;
    const { failed, answers } = await session.request(undefined, { steps, queries: [LOGIN] });
    expect([failed, answers.has(LOGIN)]).to.deep.equal([0, false]);
  });

  it('says why it is refused, and is never answered from memory', async () => {
    session.remember(undefined, [LOGIN], Answers.of([[LOGIN, { ok: true }]]));
    target = sshd.target({ privateKeyFiles: [sshd.keys.bad] });
    expect((await tried()).error).to.match(/refuse|accept|denied|login/i);
  });

  it('is tried again until its time is up', async () => {
    const good = target;
    target = { ...target, port: await closedPort() };
    const result = tried({ ...LOGIN, timeout: 5 });
    setTimeout(() => Object.assign(target, { port: good.port }), 600);
    expect(await result).to.deep.equal({ ok: true });
  });
});

function closedPort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}
