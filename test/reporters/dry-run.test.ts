import { expect } from 'chai';
import { cleanUp, tasks } from '../controller/project.js';

const HOSTS = ['web1', 'web2', 'web3'];

describe('what a dry run and --diff print', () => {
  cleanUp();

  it('says once what several hosts have alike, in each host’s order', async () => {
    const one = tasks(
      `
- { name: same, copy: { dest: /nowhere-at-all/f, content: "x\\n" } }
- { name: alike, command: echo hello }
- { name: own, command: "echo <%= inventory_hostname %>" }
- { name: some, debug: { msg: said }, when: inventory_hostname != 'web2' }
`,
      { hosts: HOSTS },
    );
    const { stdout } = await one.cli('--check', 'site.yml');
    expect(stdout.split('\n').slice(3, -8)).to.deep.equal([
      '  may chg   web1 web2 web3  same  (the folder /nowhere-at-all does not exist)',
      '  changed   web1 web2 web3  alike',
      '                  + echo hello  command: run',
      '  changed   web1  own',
      '                  + echo web1  command: run',
      '  changed   web2  own',
      '                  + echo web2  command: run',
      '  changed   web3  own',
      '                  + echo web3  command: run',
      '  message   web1 web3  some',
      '                  said',
    ]);
  });

  it('shows the same difference once, and then names the host that has it', async () => {
    const one = tasks(
      `- { name: f, copy: { dest: "<%= inventory_dir %>/<%= inventory_hostname %>", content: "x\\n" } }`,
      {
        hosts: HOSTS,
      },
    );
    const two = tasks(`- { name: f, lineinfile: { path: "<%= file %>", line: new, create: true } }`, {
      hosts: ['web1', 'web2'],
    });
    two.write({
      'inventory.yml': `all: { vars: { ansible_connection: local, file: "<%= inventory_dir %>/f" }, hosts: { web1: {}, web2: {} } }`,
    });
    const { stdout } = await one.cli('-D', 'site.yml');
    expect(stdout.match(/^ +\+x$/gm)).to.have.length(3);
    const dry = await two.cli('--check', '-D', 'site.yml');
    expect(dry.stdout).to.match(/changed {3}web1 web2 {2}f\n.*\n.*\n +\+new$/m);
    expect(dry.stdout.match(/\+new/g)).to.have.length(1);
  });

  it('lists the hosts on a line of their own where they are many', async () => {
    const hosts = Array.from({ length: 8 }, (_, index) => `server-${index}`);
    const { stdout } = await tasks(`- { name: same, command: echo hello }`, { hosts }).cli(
      '--check',
      'site.yml',
    );
    expect(stdout).to.include(`  changed   8 hosts   same\n                      ${hosts.join(' ')}\n`);
  });
});
