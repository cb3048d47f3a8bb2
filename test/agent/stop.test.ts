import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { startAgent, type Agent } from '../../src/agent/agent.js';
import { TaskError, UnreachableError, type ProvisionError } from '../../src/errors.js';
import {
  cut,
  processesWith,
  run,
  tappedConnection,
  temporaryFolder,
  underEachShell,
  uniqueSeconds,
  waitFor,
} from './support.js';

async function refusal(promise: Promise<unknown>): Promise<ProvisionError> {
  return promise.then(
    () => expect.fail('it was answered'),
    (error: unknown) => error as ProvisionError,
  );
}

underEachShell('stopping', (host) => {
  it('ends everything that a step started, and says what it printed last', async () => {
    const seconds = uniqueSeconds();
    const code = `echo begun; sh -c 'sleep ${seconds} & (sleep ${seconds}; :) & wait'; echo never`;
    const began = Date.now();
    const error = await refusal(
      host.agent.request({ steps: [{ kind: 'script', code }], queries: [] }, { timeout: 0.5 }),
    );
    expect(error).to.be.instanceOf(TaskError);
    expect(error.message).to.equal('timed out after 0.5 s');
    expect(error.detail).to.deep.equal(['begun']);
    expect(error.hint).to.include('timeout:');
    expect(Date.now() - began).to.be.lessThan(3000);
    expect(processesWith(seconds)).to.deep.equal([]);
    expect((await run(host.agent, { kind: 'run', argv: ['echo', 'on'] }))[0]?.stdout).to.equal('on\n');
  });

  it('kills what does not listen, two seconds later', async () => {
    const seconds = uniqueSeconds();
    const code = `trap "" TERM INT HUP; sh -c "sleep ${seconds}; sleep ${seconds}"; while :; do sleep ${seconds}; done`;
    const began = Date.now();
    await refusal(host.agent.request({ steps: [{ kind: 'script', code }], queries: [] }, { timeout: 0.3 }));
    expect(Date.now() - began).to.be.within(1900, 5500);
    expect(processesWith(seconds)).to.deep.equal([]);
    await run(host.agent, { kind: 'run', argv: ['true'] });
  });

  it('finds processes with strange names', async () => {
    const seconds = uniqueSeconds();
    const code = `printf 'ab) Z 1\\nc) S' >/proc/self/comm 2>/dev/null; sh -c 'printf "x) Z 1" >/proc/self/comm; sleep ${seconds}; :'`;
    await refusal(host.agent.request({ steps: [{ kind: 'script', code }], queries: [] }, { timeout: 0.4 }));
    expect(processesWith(seconds)).to.deep.equal([]);
  });

  it('leaves alone what a step left running on purpose', async () => {
    const seconds = uniqueSeconds();
    await run(host.agent, { kind: 'script', code: `setsid sleep ${seconds} >/dev/null 2>&1 &` });
    await refusal(
      host.agent.request({ steps: [{ kind: 'run', argv: ['sleep', '30'] }], queries: [] }, { timeout: 0.3 }),
    );
    expect(processesWith(seconds)).to.have.length(1);
    await run(host.agent, { kind: 'run', argv: ['pkill', '-f', `sleep ${seconds}`], ok: [0, 1] });
  });

  it('stops a request that is silent for too long, not one that talks', async () => {
    const talk = 'for n in 1 2 3 4 5 6; do echo $n; sleep 0.2; done';
    const { outputs } = await host.agent.request(
      { steps: [{ kind: 'script', code: talk }], queries: [] },
      { idle: 0.8 },
    );
    expect(outputs[0]?.stdout).to.equal('1\n2\n3\n4\n5\n6\n');
    const silent = host.agent.request(
      { steps: [{ kind: 'run', argv: ['sleep', '30'] }], queries: [] },
      { idle: 0.4 },
    );
    expect((await refusal(silent)).message).to.equal('timed out: silent for 0.4 s');
  });

  it('stops queries too', async () => {
    const seconds = uniqueSeconds();
    const query = { kind: 'command', argv: ['sleep', seconds] } as const;
    await refusal(host.agent.request({ steps: [], queries: [query] }, { timeout: 0.3 }));
    expect(processesWith(seconds)).to.deep.equal([]);
  });

  it('follows an abort signal, also one that was given before', async () => {
    const seconds = uniqueSeconds();
    const controller = new AbortController();
    const steps = [{ kind: 'run', argv: ['sleep', seconds] }] as const;
    const stopped = refusal(host.agent.request({ steps, queries: [] }, { signal: controller.signal }));
    await waitFor('it runs', () => processesWith(seconds).length > 0);
    controller.abort();
    expect((await stopped).message).to.match(/^stopped in its midst/);
    await refusal(host.agent.request({ steps, queries: [] }, { signal: controller.signal }));
    expect(processesWith(seconds)).to.deep.equal([]);
  });

  it('lets a query say that its own limit was reached', async () => {
    const query = { kind: 'command', argv: ['sleep', '30'], timeout: 1 } as const;
    const { answers } = await host.agent.request({ steps: [], queries: [query] });
    expect(answers.get<'command'>(query)).to.have.property('rc', 124);
  });
});

underEachShell('the end of the link', (host) => {
  const folder = temporaryFolder();

  async function start(): Promise<{ agent: Agent; drop: () => void }> {
    const { connection, channels } = tappedConnection();
    const agent = await startAgent(connection, { host: 'h2', shell: host.shell });
    return { agent, drop: () => cut(channels[0]!) };
  }

  it('ends what runs and the agent itself', async () => {
    const seconds = uniqueSeconds();
    const { agent, drop } = await start();
    const code = `trap "" HUP; sh -c 'sleep ${seconds}; :'`;
    const lost = refusal(agent.request({ steps: [{ kind: 'script', code, args: ['two'] }], queries: [] }));
    await waitFor('it runs', () => processesWith(seconds).length > 0);
    drop();
    const error = await lost;
    expect(error).to.be.instanceOf(UnreachableError);
    expect(error.message).to.equal('the connection was lost during: script (two)');
    expect(error.host).to.equal('h2');
    expect(agent.lost).to.equal(true);
    await waitFor('nothing is left', () => processesWith(seconds).length === 0, 5);
    expect(await refusal(agent.request({ steps: [], queries: [] }))).to.be.instanceOf(UnreachableError);
  });

  it('lets what must not be interrupted go on to its end, though it writes to the lost link', async () => {
    const file = join(folder.path, 'log');
    const { agent, drop } = await start();
    const code = `for n in 1 2 3 4 5 6 7 8; do echo "line $n"; echo "line $n" >&2; echo "$n $?" >>"$1"; sleep 0.1; done; echo done >>"$1"`;
    const step = { kind: 'script', code, args: [file], uninterruptible: true } as const;
    const lost = refusal(agent.request({ steps: [step], queries: [] }));
    await waitFor('it runs', () => existsSync(file));
    drop();
    await lost;
    await waitFor('it is done', () => readFileSync(file, 'utf8').endsWith('done\n'), 5);
    expect(readFileSync(file, 'utf8')).to.equal('1 0\n2 0\n3 0\n4 0\n5 0\n6 0\n7 0\n8 0\ndone\n');
    await waitFor('the agent ended', () => processesWith(folder.path).length === 0, 5);
  });

  it('does not stop what must not be interrupted when its time is over; the error says so', async () => {
    const file = join(folder.path, 'log');
    const { agent } = await start();
    const step = {
      kind: 'script',
      code: 'sleep 1; echo done >"$1"',
      args: [file],
      uninterruptible: true,
    } as const;
    const error = await refusal(agent.request({ steps: [step], queries: [] }, { timeout: 0.2 }));
    expect(error.message).to.equal(
      'timed out after 0.2 s; it must not be interrupted and goes on on the host',
    );
    await waitFor('it is done', () => existsSync(file), 5);
  });

  it('ends the agent when it is asked to close, and when nothing was asked at all', async () => {
    const { agent } = await start();
    await agent.close();
    expect(await refusal(agent.request({ steps: [], queries: [] }))).to.be.instanceOf(UnreachableError);
  });

  it('kill() stops what runs and takes on nothing more', async () => {
    const seconds = uniqueSeconds();
    const { agent, drop } = await start();
    const steps = [{ kind: 'run', argv: ['sleep', seconds] }] as const;
    const both = [agent.request({ steps, queries: [] }), agent.request({ steps, queries: [] })].map(refusal);
    await waitFor('it runs', () => processesWith(seconds).length > 0);
    agent.kill();
    expect((await Promise.all(both)).map(({ message }) => message)).to.deep.equal(['stopped', 'stopped']);
    expect(processesWith(seconds)).to.deep.equal([]);
    drop();
  });
});

describe('an agent that does not come up', () => {
  it('says what the other side said', async () => {
    const { connection } = tappedConnection();
    const agent = await startAgent(connection, {
      host: 'h3',
      shell: 'sh -c "echo This account is not available. >&2; exit 1"',
    });
    const error = await refusal(agent.request({ steps: [], queries: [] }));
    expect(error).to.be.instanceOf(UnreachableError);
    expect(error.message).to.equal('the agent did not start (exit code 1)');
    expect(error.detail).to.deep.equal(['This account is not available.']);
  });

  it('does not mind what a login shell prints first', async () => {
    const { connection } = tappedConnection();
    const agent = await startAgent(connection, {
      host: 'h3',
      shell: 'sh -c \'echo Welcome; echo "to h3" >&2; exec "$@"\' sh dash',
    });
    const [output] = await run(agent, { kind: 'run', argv: ['echo', 'hi'] });
    expect(output).to.deep.equal({ rc: 0, stdout: 'hi\n', stderr: '' });
    await agent.close();
  });
});
