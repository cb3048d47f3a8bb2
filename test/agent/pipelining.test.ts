import { expect } from 'chai';
import { startAgent } from '../../src/agent/agent.js';
import { Answers } from '../../src/agent/query.js';
import { connectLocal } from '../../src/transport/local.js';

describe('requests that only ask', () => {
  const asking = (code: string) => ({ steps: [], queries: [{ kind: 'script', code } as const] });
  const said = (answers: Answers, code: string): unknown => {
    const { rc, stdout, stderr } = answers.get<'script'>({ kind: 'script', code });
    return { rc, stdout, stderr };
  };

  it('are sent without waiting for each other, and their answers are kept apart', async () => {
    const agent = await startAgent(connectLocal(), { host: 'here' });
    await agent.request({ steps: [], queries: [] });
    const codes = ['sleep 0.4; echo one; echo ONE >&2; exit 3', 'echo two; printf TWO >&2', 'printf three'];
    const before = agent.counters.bytesSent;
    const pending = codes.map((code) => agent.request(asking(code)));
    await new Promise((resolve) => setTimeout(resolve, 100));
    const sentAtOnce = agent.counters.bytesSent;
    const responses = await Promise.all(pending);
    expect(sentAtOnce).to.be.above(before + codes.join('').length);
    expect(agent.counters.bytesSent).to.equal(sentAtOnce);
    expect(responses.map(({ answers }, index) => said(answers, codes[index] ?? ''))).to.deep.equal([
      { rc: 3, stdout: 'one\n', stderr: 'ONE\n' },
      { rc: 0, stdout: 'two\n', stderr: 'TWO' },
      { rc: 0, stdout: 'three', stderr: '' },
    ]);
    await agent.close();
  });

  it('wait for a request that does something, and it for them', async () => {
    const agent = await startAgent(connectLocal(), { host: 'here' });
    const order: string[] = [];
    const note = (name: string) => (): void => void order.push(name);
    await Promise.all([
      agent.request(asking('sleep 0.2')).then(note('ask')),
      agent.request({ steps: [{ kind: 'run', argv: ['sleep', '0.2'] }], queries: [] }).then(note('do')),
      agent.request(asking('true')).then(note('ask again')),
    ]);
    expect(order).to.deep.equal(['ask', 'do', 'ask again']);
    await agent.close();
  });
});
