import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { cleanUp, indent, project } from './project.js';

/** How many tasks stand between a change and what depends on it: less and more than are asked about along with a change. */
const DISTANCES = [1, 2, 4, 7, 8, 9, 13, 20];

/** One task that makes the file `made-N`, and one that runs only if that is there: from an old answer it would be skipped. */
interface Form {
  readonly change: (n: number) => string;
  readonly depends: (n: number) => string;
}

const make = (n: number, more = ''): string =>
  `- { command: { cmd: "touch <%= shared %>/made-${n}", creates: "<%= shared %>/made-${n}" }${more} }`;
const depend = (n: number, more = ''): string =>
  `- { command: { cmd: "touch <%= shared %>/seen-${n}", removes: "<%= shared %>/made-${n}", creates: "<%= shared %>/seen-${n}" }${more} }`;
const unrelated = (count: number): string => '- { stat: { path: / } }\n'.repeat(count);
const WHO = process.geteuid?.() === 0;

const forms: Readonly<Record<string, Form>> = {
  'in one list': { change: (n) => make(n), depends: (n) => depend(n) },
  'in a block': {
    change: (n) => `- block:\n${indent(make(n), 4)}  always: [{ stat: { path: / } }]`,
    depends: (n) => depend(n),
  },
  'in a rescue': {
    change: (n) => `- block: [{ command: 'false' }]\n  rescue:\n${indent(make(n), 4)}`,
    depends: (n) => `- block:\n${indent(depend(n), 4)}  always: [{ stat: { path: / } }]`,
  },
  'on another host': { change: (n) => make(n, ', delegate_to: web2'), depends: (n) => depend(n) },
  'for another host': { change: (n) => make(n), depends: (n) => depend(n, ', delegate_to: web2') },
  'on the controller': { change: (n) => make(n, ', delegate_to: localhost'), depends: (n) => depend(n) },
  'that is tried again': {
    change: (n) =>
      `- { shell: 'touch made-${n}; [ -e tried-${n} ] || { touch tried-${n}; exit 1; }', args: { chdir: "<%= shared %>" }, register: r${n}, until: r${n}.rc == 0, delay: 0 }`,
    depends: (n) => depend(n),
  },
  'by a question that is asked again': {
    change: (n) =>
      `- { shell: '[ -e tried-${n} ] && touch made-${n} || { touch tried-${n}; exit 1; }', args: { chdir: "<%= shared %>" }, changed_when: false, check_mode: false, until: "r${n}.rc == 0", register: r${n}, delay: 0 }`,
    depends: (n) => depend(n),
  },
  'in a loop': {
    change: (n) =>
      `- { command: { cmd: "touch <%= shared %>/<%= item %>" }, loop: [other-${n}, made-${n}, more-${n}] }`,
    depends: (n) => depend(n).replace(' }', ' }').replace(/ \}$/, `, loop: [1] }`),
  },
  ...(WHO
    ? {
        'of another user': {
          change: (n: number) => make(n, ', become: true, become_user: nobody'),
          depends: (n: number) => depend(n),
        },
        'for another user': {
          change: (n: number) => make(n),
          depends: (n: number) => depend(n, ', become: true, become_user: nobody'),
        },
      }
    : {}),
};

async function seen(site: string): Promise<string[]> {
  const one = project({ 'site.yml': site }, ['web1', 'web2']);
  for (const host of ['web1', 'web2']) chmodSync(join(one.dir, 'hosts', host), 0o777);
  chmodSync(one.dir, 0o755);
  const { of } = await one.play('-e', `shared=${join(one.dir, 'hosts/web1')}`);
  expect(of('web1').failed).to.equal(0);
  return DISTANCES.filter((n) => one.read(`seen-${n}`) !== undefined).map(String);
}

/** What a host has said before a change, or a pause, is nothing that a task behind it goes by. */
describe('an answer from before a change', function () {
  this.timeout(120_000);
  cleanUp();
  const all = DISTANCES.map(String);

  for (const [name, { change, depends }] of Object.entries(forms))
    it(`is used by no task behind it: a change ${name}`, async () => {
      const list = DISTANCES.map((n) => `${change(n)}\n${unrelated(n)}${depends(n)}\n`).join('');
      expect(await seen(`- hosts: web1\n  tasks:\n${indent(list, 4)}`)).to.deep.equal(all);
    });

  it('is used by no later play', async () => {
    const plays = DISTANCES.map(
      (n) =>
        `- hosts: web1\n  tasks:\n${indent(`${make(n)}\n${unrelated(n)}`, 4)}- hosts: web1\n  tasks:\n${indent(depend(n), 4)}`,
    );
    expect(await seen(plays.join(''))).to.deep.equal(all);
  });

  it('is used by no later play when another host made the change', async () => {
    const plays = DISTANCES.map(
      (n) =>
        `- hosts: all\n  tasks: [{ stat: { path: / } }]\n- hosts: web2\n  tasks:\n${indent(make(n), 4)}- hosts: web1\n  tasks:\n${indent(`${unrelated(n)}${depend(n)}`, 4)}`,
    );
    expect(await seen(plays.join(''))).to.deep.equal(all);
  });

  it('is used by no task behind a flush, and by no handler', async () => {
    const list = DISTANCES.map(
      (n) =>
        `- { command: 'true', notify: make ${n} }\n- { meta: flush_handlers }\n${unrelated(n)}${depend(n)}\n`,
    ).join('');
    const handlers = DISTANCES.map((n) => make(n, `, name: make ${n}`)).join('\n');
    expect(
      await seen(`- hosts: web1\n  tasks:\n${indent(list, 4)}  handlers:\n${indent(handlers, 4)}`),
    ).to.deep.equal(all);
    const changes = DISTANCES.map((n) => `${make(n, `, notify: see ${n}`)}\n`).join('');
    const see = DISTANCES.map((n) => depend(n, `, name: see ${n}`)).join('\n');
    expect(
      await seen(`- hosts: web1\n  tasks:\n${indent(changes, 4)}  handlers:\n${indent(see, 4)}`),
    ).to.deep.equal(all);
  });

  it('is used by no later item of a loop', async () => {
    const items = DISTANCES.map((n, index) => `[${index === 0 ? 0 : DISTANCES[index - 1]}, ${n}]`).join(', ');
    const loop = `- { command: { cmd: "touch <%= shared %>/made-<%= item[1] %> <%= shared %>/seen-<%= item[1] %>", removes: "<%= shared %>/made-<%= item[0] %>" }, loop: [${items}] }`;
    expect(await seen(`- hosts: web1\n  tasks:\n${indent(`${make(0)}\n${loop}`, 4)}`)).to.deep.equal(all);
  });
});
