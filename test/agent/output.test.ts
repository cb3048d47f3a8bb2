import { expect } from 'chai';
import { startAgent, type Agent } from '../../src/agent/agent.js';
import { connectLocal } from '../../src/transport/local.js';
import { run } from './support.js';

describe('output', () => {
  let agent: Agent;
  before(async () => {
    agent = await startAgent(connectLocal(), { host: 'h1' });
  });
  after(() => agent.close());

  it('of 200 MB needs no more memory than a little; head and tail are kept and the cut is announced', async () => {
    globalThis.gc?.();
    const before = process.memoryUsage().rss;
    let most = before;
    const watch = setInterval(() => (most = Math.max(most, process.memoryUsage().rss)), 10);
    const code = 'echo first; head -c 200000000 /dev/zero | tr "\\0" x; echo; echo last';
    const [output] = await run(agent, { kind: 'script', code });
    clearInterval(watch);
    expect(output?.stdout).to.match(/^first\nx+\n\.\.\. 190\.6 MiB omitted \.\.\.\nx+\nlast\n$/);
    expect(output?.stdout.length).to.be.within(128 * 1024, 130 * 1024);
    expect((most - before) / 1024 / 1024).to.be.lessThan(100);
  }).timeout(60_000);

  it('of lines is shown live, all of them', async () => {
    let count = 0;
    let last = '';
    await agent.request(
      { steps: [{ kind: 'run', argv: ['seq', '200000'] }], queries: [] },
      { onLine: (_step, _stream, line) => ((count += 1), (last = line)) },
    );
    expect([count, last]).to.deep.equal([200_000, '200000']);
  });

  it('counts what went over the link and how often', async () => {
    const one = await startAgent(connectLocal(), { host: 'h1' });
    await one.request({ steps: [], queries: [{ kind: 'file', path: '/' }] });
    await one.request({
      steps: [{ kind: 'run', argv: ['seq', '1000'] }],
      queries: [{ kind: 'file', path: '/' }],
    });
    expect(one.counters.roundTrips).to.equal(2);
    expect(one.counters.bytesSent).to.be.within(4000, 12_000);
    expect(one.counters.bytesReceived).to.be.within(3893, 6000);
    await one.close();
  });
});
