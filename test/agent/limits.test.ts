import { PassThrough } from 'node:stream';
import { expect } from 'chai';
import { startAgent } from '../../src/agent/agent.js';
import { createBudget, DEFAULT_LIMITS, limitsOf } from '../../src/agent/limits.js';
import { StoppedError } from '../../src/agent/stopped-error.js';
import { UnreachableError } from '../../src/errors.js';
import type { Channel, Connection } from '../../src/transport/connection.js';
import { connectLocal } from '../../src/transport/local.js';
import type { Query } from '../../src/agent/query.js';

const QUICK = { ...DEFAULT_LIMITS, timeout: 1, idle: 1 };

/** A channel that nothing comes out of, and that does not end when it is closed. */
function dead(): Channel & { closed: boolean } {
  const channel = {
    stdin: new PassThrough().resume(),
    stdout: new PassThrough(),
    stderr: new PassThrough(),
    exit: new Promise<never>(() => undefined),
    closed: false,
    kill: () => void (channel.closed = true),
    close: () => void (channel.closed = true),
  };
  return channel;
}

function over(exec: Connection['exec']): Connection {
  return { exec, close: () => undefined, closed: new Promise(() => undefined) };
}

async function errorOf(promise: Promise<unknown>): Promise<Error> {
  return promise.then(
    () => expect.fail('it was answered'),
    (error: unknown) => error as Error,
  );
}

describe('a host that does not answer', () => {
  it('is not waited for when it starts no command', async () => {
    const silent = over(() => new Promise(() => undefined));
    const error = await errorOf(startAgent(silent, { host: 'h1', limits: QUICK }));
    expect(error).to.be.instanceOf(UnreachableError);
    expect(error.message).to.equal('the host starts no command within 1 s');
    const stop = new AbortController();
    setTimeout(() => stop.abort(), 50);
    const stopped = await errorOf(startAgent(silent, { host: 'h1', signal: stop.signal }));
    expect(stopped).to.be.instanceOf(StoppedError);
  });

  it('is not waited for when its sudo says nothing', async () => {
    const channel = dead();
    const become = { user: 'root', password: 'x' };
    const error = await errorOf(
      startAgent(
        over(() => Promise.resolve(channel)),
        { host: 'h1', limits: QUICK, become },
      ),
    );
    expect(error.message).to.equal('sudo starts no shell within 1 s');
    expect(channel.closed).to.equal(true);
  });

  it('is not waited for when it shall end', async () => {
    const channel = dead();
    const agent = await startAgent(
      over(() => Promise.resolve(channel)),
      { host: 'h1' },
    );
    const began = Date.now();
    await agent.close();
    expect(Date.now() - began).to.be.within(4000, 8000);
    expect(channel.closed).to.equal(true);
  }).timeout(15_000);

  it('is not waited for at all when it shall end and was given up', async () => {
    const agent = await startAgent(
      over(() => Promise.resolve(dead())),
      { host: 'h1', limits: QUICK },
    );
    await errorOf(agent.request({ steps: [], queries: [{ kind: 'listen' }] }));
    expect(agent.abandoned).to.equal(true);
    const began = Date.now();
    await agent.close();
    expect(Date.now() - began).to.be.lessThan(1000);
  });
});

describe('the limits of a request', () => {
  it('begin when its turn has come', async () => {
    const agent = await startAgent(connectLocal(), { host: 'h1' });
    const ask = (number: number): Promise<unknown> => {
      const query: Query = { kind: 'command', argv: ['sh', '-c', `sleep 1.5; echo ${number}`] };
      return agent.request({ steps: [], queries: [query] }, { timeout: 3 });
    };
    await Promise.all([1, 2, 3].map(ask));
    await agent.close();
  }).timeout(20_000);

  it('hold for the answers behind a step, too', async () => {
    const agent = await startAgent(connectLocal(), { host: 'h1', limits: { ...QUICK, timeout: 2 } });
    const slow: Query = { kind: 'script', code: 'sleep 100', timeout: 1 };
    // A loop of the shell's own has no limit but the request's.
    const endless: Query = { kind: 'script', code: 'exec sleep 100' };
    const step = { kind: 'run', argv: ['true'] } as const;
    const { answers } = await agent.request({ steps: [step], queries: [slow] }, { timeout: 100 });
    expect(answers.get<'script'>(slow).rc).to.equal(124);
    expect(limitsOf([endless], QUICK)).to.deep.equal({ timeout: 36, idle: 36 });
    await agent.close();
  }).timeout(20_000);

  it('grow with what the queries may take by themselves', () => {
    const command: Query = { kind: 'command', argv: ['x'], timeout: 100 };
    expect(limitsOf([command, command, { kind: 'file', path: '/' }], DEFAULT_LIMITS)).to.deep.equal({
      timeout: 60 + 210,
      idle: 30 + 105,
    });
    expect(limitsOf([], DEFAULT_LIMITS)).to.deep.equal({ timeout: 60, idle: 30 });
  });

  it('are one for all agents of a host', () => {
    const budget = createBudget(10);
    expect(budget.take(6)).to.equal(true);
    expect(budget.take(6)).to.equal(false);
    budget.give(12);
    expect(budget.take(10)).to.equal(true);
  });
});
