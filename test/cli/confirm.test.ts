import type { PassThrough } from 'node:stream';
import { expect } from 'chai';
import { run } from '../../src/cli.js';
import { cleanUp, ioOf, tasks, type Finished, type Project } from '../controller/project.js';

const site = (): Project =>
  tasks(`
- { name: first, copy: { dest: "<%= out %>/first", content: x } }
- { name: second, copy: { dest: "<%= out %>/second", content: y } }
`);

/** Run with --confirm on a terminal, where somebody answers; `meanwhile` happens before that. */
async function confirmed(
  one: Project,
  answer: string | undefined,
  meanwhile: () => void = () => undefined,
): Promise<Finished> {
  const { io, said } = ioOf(one.dir);
  Object.assign(io.stdin, { isTTY: true });
  const running = run(['-i', 'inventory.yml', '--confirm', '--exit-code', 'site.yml'], io);
  while (!said().stderr.includes('[y/N]')) await new Promise((resolve) => setTimeout(resolve, 20));
  meanwhile();
  if (answer === undefined) (io.stdin as PassThrough).end();
  else (io.stdin as PassThrough).write(`${answer}\n`);
  await running;
  return said();
}

describe('--confirm', () => {
  cleanUp();

  it('shows the plan, asks, and does that', async () => {
    const one = site();
    const { stdout, stderr, code } = await confirmed(one, 'y');
    expect(code).to.equal(0);
    expect(stderr).to.include('Apply this? [y/N]');
    expect(stdout).to.match(/dry run[\s\S]*2 would change[\s\S]*2 changed on 1 host/);
    expect([one.read('first'), one.read('second')]).to.deep.equal(['x', 'y']);
    const runs = (await one.cli('runs')).stdout;
    expect([...runs.matchAll(/ (plan|apply) +site\.yml/g)].map(([, kind]) => kind)).to.deep.equal([
      'plan',
      'apply',
    ]);
  });

  for (const [what, answer] of [
    ['no', 'n'],
    ['anything else', 'yesterday'],
    ['the end of the input', undefined],
  ] as const) {
    it(`does nothing after ${what}`, async () => {
      const one = site();
      const { stdout, code } = await confirmed(one, answer);
      expect(stdout).to.match(/nothing was changed\n$/);
      expect([code, one.read('first')]).to.deep.equal([2, undefined]);
    });
  }

  it('refuses a host that has moved while the question stood', async () => {
    const one = site();
    const { stdout, code } = await confirmed(one, 'yes', () => one.write({ 'hosts/web1/second': 'z' }));
    expect(code).to.equal(1);
    expect(stdout).to.match(/does not fit this host any more[\s\S]*second: the file \S+ has changed since/);
    expect(one.read('first')).to.equal(undefined);
  });

  it('asks nothing where there is nothing to change', async () => {
    const one = site();
    await one.cli('site.yml');
    const { io, said } = ioOf(one.dir);
    Object.assign(io.stdin, { isTTY: true });
    await run(['-i', 'inventory.yml', '--confirm', 'site.yml'], io);
    expect([said().code, said().stderr]).to.deep.equal([0, '']);
  });
});
