import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { checks } from '../../src/checks/index.js';
import { DefectError } from '../../src/errors.js';
import { resources } from '../../src/resources/index.js';
import { cleanUp, ioOf, project, type Played, type Project } from './project.js';

const GOOD = ['web1', 'web2', 'web3'];
const SUDO = fileURLToPath(new URL('../hostile/sudo', import.meta.url));

const SITE = `
- hosts: all
  tasks:
    - { copy: { content: "<%= ansible_hostname %>", dest: "<%= out %>/name" } }
    - { lineinfile: { path: "<%= out %>/lines", line: one, create: true } }
    - { command: uname, register: kernel, changed_when: false, check_mode: false }
    - { authorized_key: { user: root, key: "ssh-ed25519 AAAA", path: "<%= out %>/keys" }, ignore_errors: true }
    - { debug: { msg: "<%= kernel.stdout %>" } }
  verify:
    - { file: { path: "<%= out %>/lines", contains: one }, timeout: 3 }
`;

/** Good hosts, and one beside them that plays a kind. */
function beside(kind: string, limits = 'provision_query_timeout: 3, provision_idle_timeout: 2'): Project {
  const one = project({ 'site.yml': SITE }, [...GOOD, 'evil']);
  const hosts = [...GOOD, 'evil'].map((host) => {
    const more = host === 'evil' ? `, ansible_become: true, ansible_become_user: ${kind}, ${limits}` : '';
    return `    ${host}: { out: ${JSON.stringify(join(one.dir, 'hosts', host))}${more} }\n`;
  });
  one.write({ 'inventory.yml': `all:\n  vars: { ansible_connection: local }\n  hosts:\n${hosts.join('')}` });
  return one;
}

function expectGood(played: Played): void {
  for (const host of GOOD) {
    expect(played.of(host), host).to.include({
      failed: 0,
      unreachable: false,
      checksPassed: 1,
      checksFailed: 0,
    });
    expect(played.errors(host)).to.deep.equal([]);
  }
}

/** What was said of the host that plays. */
function saidOf(played: Played): string {
  const said = played.events.flatMap((event) =>
    event.type === 'host-unreachable' || event.type === 'task-failed'
      ? event.host === 'evil'
        ? [[event.error.message, ...event.error.detail, event.error.hint ?? ''].join('\n')]
        : []
      : [],
  );
  return said.join('\n');
}

describe('a host that plays tricks', () => {
  cleanUp();
  let bin: string;
  const path = process.env['PATH'];
  before(() => {
    bin = mkdtempSync(join(tmpdir(), 'hostile-'));
    symlinkSync(SUDO, join(bin, 'sudo'));
    process.env['PATH'] = `${bin}:${path}`;
  });
  after(() => {
    process.env['PATH'] = path;
    rmSync(bin, { recursive: true, force: true });
  });

  for (const [kind, message] of [
    ['silent-shell', /the agent did not start within 2 s/],
    ['silent-agent', /the agent does not answer: timed out/],
    ['obeys', /timed out: silent for .* s while the host was asked how it is/],
    ['endless-markers', /does not keep to the protocol: it answers what was not asked/],
    ['endless-words', /does not keep to the protocol: it says more than was asked/],
    ['endless-bytes', /the answers of the host are longer than 64 MiB/],
    ['large-parts', /./],
    ['odd-json', /./],
    ['odd-names', /./],
    ['odd-record', /./],
    ['nonsense', /./],
  ] as const) {
    it(`${kind}: it is out, the others converge and verify`, async () => {
      const began = Date.now();
      const played = await beside(kind).play();
      expectGood(played);
      const { failed, unreachable, checksFailed } = played.of('evil');
      expect(failed > 0 || unreachable || checksFailed > 0).to.equal(true);
      expect(saidOf(played)).to.match(message);
      expect(saidOf(played)).not.to.match(/\n\s+at /);
      expect(Date.now() - began).to.be.lessThan(90_000);
    }).timeout(120_000);
  }

  it('has as much room for its answers as its inventory gives it', async () => {
    const played = await beside('endless-bytes', 'provision_query_size: 3').play();
    expect(saidOf(played)).to.include('longer than 3 MiB');
    expect(saidOf(played)).to.include('provision_query_size');
  }).timeout(60_000);

  it('is not waited for once the run shall end', async () => {
    for (const kind of ['silent-agent', 'silent-shell']) {
      const stop = new AbortController();
      const began = Date.now();
      setTimeout(() => stop.abort(), 2000);
      const { io } = ioOf('/', { interrupted: stop.signal });
      const played = await beside(kind, 'provision_query_timeout: 600, provision_idle_timeout: 600').playWith(
        {
          interrupted: io.interrupted,
        },
      );
      expect(Date.now() - began).to.be.lessThan(14_000);
      expect(played.of('evil')).to.include({ failed: 0 });
      expect(played.events.map(({ type }) => type)).to.include('interrupted');
    }
  }).timeout(60_000);
});

describe('what is thrown while a host is worked on', () => {
  cleanUp();
  const boom = (host: string): never => {
    throw new TypeError(`Cannot read properties of ${host}`);
  };

  it('in a task is that host alone, as a defect', async () => {
    const site = project({ 'site.yml': SITE }, GOOD);
    const copy = resources.get('copy')!;
    const played = await site.playWith({
      resources: new Map([
        ...resources,
        [
          'copy',
          {
            ...copy,
            plan: (params, answers) =>
              JSON.stringify(params).includes('web2') ? boom('web2') : copy.plan(params, answers),
          },
        ],
      ]),
    });
    expect(played.of('web2')).to.include({ failed: 1, checksPassed: 0 });
    for (const host of ['web1', 'web3']) expect(played.of(host)).to.include({ failed: 0, checksPassed: 1 });
    const [error] = played.errors('web2');
    expect(error).to.be.instanceOf(DefectError);
    expect(error!.message).to.equal('a defect, on web2: Cannot read properties of web2; please report it');
  });

  it('in what is asked, or in how an answer is read, too', async () => {
    const site = project({ 'site.yml': SITE }, GOOD);
    const lineinfile = resources.get('lineinfile')!;
    const played = await site.playWith({
      resources: new Map([
        ...resources,
        [
          'lineinfile',
          {
            ...lineinfile,
            queries: (params, answers) =>
              JSON.stringify(params).includes('web3') ? boom('web3') : lineinfile.queries(params, answers),
          },
        ],
      ]),
    });
    expect(played.of('web3')).to.include({ failed: 1 });
    for (const host of ['web1', 'web2']) expect(played.of(host)).to.include({ failed: 0, checksPassed: 1 });
    expect(played.errors('web3')[0]!.message).to.match(/^a defect, on web3: /);
  });

  it('in a check is that check of that host', async () => {
    const site = project({ 'site.yml': SITE }, GOOD);
    const file = checks.get('file')!;
    const played = await site.playWith({
      checks: new Map([
        ...checks,
        [
          'file',
          {
            ...file,
            verdict: (params, answers) =>
              JSON.stringify(params).includes('web1') ? boom('web1') : file.verdict(params, answers),
          },
        ],
      ]),
    });
    expect(played.of('web1')).to.include({ failed: 0, checksFailed: 1 });
    for (const host of ['web2', 'web3'])
      expect(played.of(host)).to.include({ checksPassed: 1, checksFailed: 0 });
  }).timeout(60_000);
});
