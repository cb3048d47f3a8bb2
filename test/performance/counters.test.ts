import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { dialects, thirtyTasks } from '../../bench/playbooks.js';
import { startAgent, type Agent } from '../../src/agent/agent.js';
import { Answers, type Query } from '../../src/agent/query.js';
import type { Step } from '../../src/agent/step.js';
import { resources } from '../../src/resources/index.js';
import { withDefaults } from '../../src/schema.js';
import { compilations } from '../../src/template/compile.js';
import { connectLocal } from '../../src/transport/local.js';

import { cleanUp, tasks } from '../controller/project.js';

/**
 * What a run costs, counted and not timed: it is the same on every machine. These limits are what was measured when they were written.
 * They may be lowered and never raised.
 */
const LIMITS = {
  /** processes of 30 converged tasks on a host: programs and subshells, the agent's own included, login and sudo not. Four
   * came later than the others and are worth it: two unpack the agent's program, which is twice as long as it was; the limit of what reads files whose owner could put a pipe in their place, and the look that tells
   * whose folders they are in. */
  processes: 25,
  /** those of the facts */
  facts: 9,
  /** what those send to a host, the agent's program included */
  bytesSent: 17_500,
};

/** Root's all the way, as what a site manages is: in /tmp everything has an owner of its own, who has to be looked up. */
function ownFolder(): { readonly path: string } {
  const folder = { path: '' };
  beforeEach(() => {
    folder.path = mkdtempSync(isRoot ? '/var/lib/provision-counted-' : join(tmpdir(), 'counted-'));
  });
  afterEach(() => rmSync(folder.path, { recursive: true, force: true }));
  return folder;
}

const isRoot = process.getuid?.() === 0;
const NAMESPACE = ['unshare', '--map-root-user', '--pid', '--fork', '--mount-proc'];
const LAST_PID: Query = { kind: 'command', argv: ['cat', '/proc/loadavg'] };

describe('what a converged run costs', () => {
  cleanUp();
  const folder = ownFolder();
  let agent: Agent;

  before(function () {
    try {
      execFileSync(NAMESPACE[0]!, [...NAMESPACE.slice(1), 'true'], { stdio: 'ignore' });
    } catch {
      this.skip();
    }
  });

  // Processes are counted by their numbers: a namespace of their own gives them out one by one.
  beforeEach(async () => {
    const shell = [...NAMESPACE, 'sh'].join(' ');
    agent = await startAgent(connectLocal(), { host: 'h1', shell });
  });
  afterEach(() => agent.close());

  /** Ask, and tell how many processes there have been since the agent's own. */
  async function processesFor(queries: readonly Query[], steps: readonly Step[] = []): Promise<number> {
    const { answers } = await agent.request({ steps, queries: [...queries, LAST_PID] });
    const { stdout } = answers.get<'command'>(LAST_PID as Extract<Query, { kind: 'command' }>);
    return Number(stdout.trim().split(' ').at(-1)) - 1;
  }

  it('a host: one round trip, few processes, few bytes', async () => {
    const queries = questions(folder.path);
    expect(queries.length).to.be.greaterThan(50);
    const processes = await processesFor(queries);
    expect(agent.counters.roundTrips).to.equal(1);
    expect(processes).to.be.within(15, LIMITS.processes);
    expect(agent.counters.bytesSent).to.be.within(10_000, LIMITS.bytesSent);
  });

  it('a hundred files cost a host no more processes than one', async () => {
    const about = (count: number): Query[] =>
      Array.from({ length: count }, (_, index) => ({ kind: 'file', path: `${folder.path}/f${index}` }));
    const alone = await processesFor(about(1));
    const more = (await processesFor(about(100))) - alone;
    expect(more).to.be.at.most(alone);
  });

  it('a hundred files that differ are read by as many processes as two', async () => {
    const differing = (count: number): Query[] =>
      Array.from({ length: count }, (_, index) => {
        writeFileSync(join(folder.path, `g${index}`), String(index));
        return { kind: 'content', path: `${folder.path}/g${index}`, unless: '0'.repeat(64) };
      });
    const two = await processesFor(differing(2));
    const more = (await processesFor(differing(100))) - two;
    expect(more).to.be.at.most(two);
  });

  it('a hundred files that differ are written by as many processes as two', async () => {
    const files = (count: number, text: string): Step[] =>
      Array.from({ length: count }, (_, index) => ({
        kind: 'write',
        path: `${folder.path}/f${index}`,
        content: Buffer.from(text),
        mode: 0o644,
      }));
    const before = await processesFor([]);
    const two = await processesFor([], files(2, 'a'));
    const hundred = await processesFor([], files(100, 'b'));
    expect(hundred - two).to.equal(two - before);
  });

  it('facts: few processes', async () => {
    const without = await processesFor([]);
    const facts = (await processesFor([{ kind: 'facts' }])) - without;
    expect(facts).to.be.within(4, LIMITS.facts);
  });

  it('facts that nothing names are not asked for', async () => {
    const probe = 'changed_when: false, check_mode: false';
    const sent = async (task: string): Promise<number> => {
      const { events } = await tasks(`- { command: ${task}, ${probe} }`).play();
      return events.reduce((sum, event) => sum + (event.type === 'request' ? event.queries : 0), 0);
    };
    expect(await sent('echo "<%= ansible_kernel %>"')).to.be.greaterThan(await sent('echo kernel'));
  });

  it('the controller: each template is compiled once for all hosts', async () => {
    const files = [1, 2, 3].map((number) => `t${number}.ejs`);
    const list = files.map((name) => `- { template: { src: ${name}, dest: "<%= out %>/${name}" } }`);
    const site = tasks(list.join('\n'), { hosts: ['a', 'b', 'c', 'd'] });
    const unique = `${process.pid}-${Date.now()}`;
    site.write(
      Object.fromEntries(files.map((name) => [`templates/${name}`, `${name} ${unique} <%= out %>\n`])),
    );
    await site.play();
    const before = compilations();
    await site.play();
    expect(compilations()).to.deep.equal(before);
  });
});

/** All that the 30 tasks of the benchmark ask of a host that is as it should be, with its files in a folder of the test. */
function questions(folder: string): Query[] {
  for (const path of ['parts', 'sysctl.d']) mkdirSync(join(folder, path), { recursive: true });
  for (const name of ['lines.conf', 'sysctl.d/90-bench.conf']) writeFileSync(join(folder, name), 'a = b\n');
  return thirtyTasks(dialects.provision).flatMap((task) => {
    const [module = '', given] = Object.entries(task).find(([key]) => resources.has(key)) ?? [];
    const resource = resources.get(module)!;
    const text = JSON.stringify(given).replaceAll('/etc/bench', folder).replaceAll('/etc/', `${folder}/`);
    const params = withDefaults(resource.schema, JSON.parse(text) as Record<string, unknown>);
    if (module === 'command') return [{ kind: 'command', argv: String(params['cmd']).split(' ') }];
    const render: Query = { kind: 'render', path: String(params['src']) };
    const known = Answers.of(module === 'template' ? [[render, { content: 'x\n' }]] : []);
    return resource.queries(params, known).filter(({ kind }) => kind !== 'render');
  });
}
