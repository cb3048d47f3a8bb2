import { expect } from 'chai';
import { cleanUp, project, tasks } from './project.js';

const hosts = ['h1', 'h2', 'h3'];
const log = `>> "<%= inventory_dir %>/log"`;

describe('run_once', () => {
  cleanUp();

  it('runs on exactly one host, and all of them see its result', async () => {
    const site = tasks(
      `
- { name: once, shell: 'echo <%= inventory_hostname %> | tee -a "<%= inventory_dir %>/log"', run_once: true, register: r }
- { name: all, copy: { dest: "<%= out %>/seen", content: "<%= r.stdout %>" } }
`,
      { hosts },
    );
    await site.play();
    const ran = site.lines('../../log');
    expect(ran).to.have.length(1);
    expect(hosts.map((host) => site.read('seen', host))).to.deep.equal([ran[0], ran[0], ran[0]]);
  });

  it('fails all hosts when it fails', async () => {
    const site = tasks(
      `
- { name: once, shell: 'echo x ${log.replaceAll('"', '\\"').replaceAll('\\', '')}; exit 1', run_once: true }
- { name: after, copy: { dest: "<%= out %>/after", content: x } }
`,
      { hosts },
    );
    const { of, errors } = await site.play();
    expect(hosts.map((host) => of(host).failed)).to.deep.equal([1, 1, 1]);
    expect(site.lines('../../log')).to.have.length(1);
    expect(hosts.map((host) => site.read('after', host))).to.deep.equal([undefined, undefined, undefined]);
    expect(errors().filter(({ message }) => message.startsWith('the task runs once'))).to.have.length(2);
  });

  it('that cannot be evaluated fails all hosts, and its failure can be rescued and ignored', async () => {
    const undefinedOnce = `debug: { msg: "<%= nothing_here %>" }, run_once: true`;
    const plain = tasks(`- { name: once, ${undefinedOnce} }`, { hosts });
    const { of } = await plain.play();
    expect(hosts.map((host) => of(host).failed)).to.deep.equal([1, 1, 1]);
    const rescued = tasks(
      `
- block: [{ name: once, ${undefinedOnce} }]
  rescue: [{ name: rescue, copy: { dest: "<%= out %>/rescued", content: x } }]
- { name: ignored, ${undefinedOnce}, ignore_errors: true, register: r }
- { name: after, copy: { dest: "<%= out %>/after", content: "<%= r.failed %>" } }
`,
      { hosts },
    );
    await rescued.play();
    for (const host of hosts) {
      expect(rescued.read('rescued', host)).to.equal('x');
      expect(rescued.read('after', host)).to.equal('true');
    }
  });

  it('is skipped on all hosts when its condition does not hold on the one', async () => {
    const site = tasks(
      `
- { name: once, command: 'true', run_once: true, when: false, register: r }
- { name: after, copy: { dest: "<%= out %>/after", content: "<%= r.skipped %>" } }
`,
      { hosts },
    );
    await site.play();
    expect(hosts.map((host) => site.read('after', host))).to.deep.equal(['true', 'true', 'true']);
  });

  for (const more of [[], ['-f', '1']])
    it(`runs on the first host that wants it, and all see its result ${more.join(' ')}`, async () => {
      const site = project(
        {
          'site.yml': `
- hosts: all
  roles: [r]
- hosts: all
  serial: 2
  tasks:
    - { name: later, shell: 'echo <%= inventory_hostname %> >> "<%= inventory_dir %>/later"', run_once: true, when: inventory_hostname == 'h3' }
    - { name: rescued, block: [{ command: 'false' }], rescue: [{ command: 'true', run_once: true, when: false }] }
    - { name: nobody, command: 'true', run_once: true, when: false }
    - { name: end, copy: { dest: "<%= out %>/end", content: x } }
`,
          'roles/r/tasks/main.yml': `
- { name: once, shell: 'echo <%= inventory_hostname %> | tee -a "<%= inventory_dir %>/log"', run_once: true, when: inventory_hostname == 'h3', register: r }
- { name: of items, shell: 'echo <%= item %> >> "<%= inventory_dir %>/items"', run_once: true, loop: [h2, h9], when: item == inventory_hostname }
- { name: all, copy: { dest: "<%= out %>/seen", content: "<%= r.stdout %>" } }
`,
        },
        hosts,
      );
      const { recap } = await site.play(...more);
      expect(recap.hosts.map(({ failed }) => failed)).to.deep.equal([0, 0, 0]);
      expect(['../../log', '../../items', '../../later'].map((name) => site.lines(name))).to.deep.equal([
        ['h3'],
        ['h2'],
        ['h3'],
      ]);
      expect(hosts.map((host) => [site.read('seen', host), site.read('end', host)])).to.deep.equal(
        hosts.map(() => ['h3', 'x']),
      );
    });

  it('fails all hosts when it fails on the one that wants it', async () => {
    const site = tasks(
      `- { name: once, command: 'false', run_once: true, when: inventory_hostname == 'h3' }
- { name: after, copy: { dest: "<%= out %>/after", content: x } }`,
      { hosts },
    );
    const { of } = await site.play();
    expect(hosts.map((host) => [of(host).failed, site.read('after', host)])).to.deep.equal(
      hosts.map(() => [1, undefined]),
    );
  });

  it('goes over to another host when the one fails before it', async () => {
    const site = tasks(
      `
- { name: fails, command: 'false', when: inventory_hostname == 'h1' }
- { name: once, shell: 'echo <%= inventory_hostname %> >> "<%= inventory_dir %>/log"', run_once: true }
`,
      { hosts },
    );
    const { of } = await site.play();
    expect(site.lines('../../log')).to.have.length(1);
    expect(of('h2').failed + of('h3').failed).to.equal(0);
  });
});

describe('delegate_to', () => {
  cleanUp();

  it('works on the other host with the variables of the own one', async () => {
    const site = tasks(
      `
- { name: over there, shell: 'echo <%= inventory_hostname %> from $WHO >> "<%= hostvars.h3.out %>/log"', delegate_to: h3, environment: { WHO: "<%= out.split('/').at(-1) %>" }, when: inventory_hostname != 'h3' }
- { name: by template, command: pwd, delegate_to: "<%= groups.all[2] %>", register: r }
`,
      { hosts },
    );
    const { of } = await site.play();
    expect(site.lines('log', 'h3').sort()).to.deep.equal(['h1 from h1', 'h2 from h2']);
    expect(hosts.map((host) => of(host).failed)).to.deep.equal([0, 0, 0]);
  });

  it('to the controller sees there what it wrote there before', async () => {
    const site = tasks(`
- { name: make, copy: { dest: "<%= inventory_dir %>/files/made", content: "<%= vars.x ?? 'first' %>" }, delegate_to: localhost }
- { name: use, copy: { src: "<%= inventory_dir %>/files/made", dest: "<%= out %>/used" } }
- { name: look, copy: { content: "<%= lookup('file', 'files/made') %>", dest: "<%= out %>/looked" } }
`);
    site.write({ 'files/other': '' });
    await site.play();
    expect([site.read('used'), site.read('looked')]).to.deep.equal(['first', 'first']);
    await site.play('-e', 'x=second');
    expect([site.read('used'), site.read('looked')]).to.deep.equal(['second', 'second']);
    expect((await site.play('-e', 'x=second')).of('web1').changed).to.equal(0);
  });

  it('refuses a host that the inventory does not know', async () => {
    const { errors } = await tasks(`- { command: 'true', delegate_to: nowhere }`).play();
    expect(errors()[0]!.message).to.equal('delegate_to names "nowhere", which the inventory does not know');
  });

  it('ends with its run: no connection is left open', async () => {
    const site = tasks(`- { command: 'true', delegate_to: localhost }`);
    const child = site.spawn('site.yml');
    const late = setTimeout(() => child.kill('SIGKILL'), 10_000);
    const code = await new Promise((resolve) => child.on('close', resolve));
    clearTimeout(late);
    expect(code).to.equal(0);
  });
});
