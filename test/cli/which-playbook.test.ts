import { expect } from 'chai';
import { cleanUp, project } from '../controller/project.js';

describe('the playbook of a command', () => {
  cleanUp();

  it('is never the package’s own unless it is named: that one sets up sshd and a firewall', async () => {
    const one = project({ 'other.yml': '[]' });
    for (const args of [[], ['--check'], ['--list-tasks'], ['plan'], ['verify'], ['drift'], ['run']]) {
      const { code, stdout, stderr } = await one.cli(...args);
      expect([code, stdout], args.join(' ')).to.deep.equal([5, '']);
      expect(stderr).to.equal(
        'error: no playbook given, and this folder has neither playbooks/site.yml nor site.yml\n' +
          '  try: name one: provision -i INVENTORY PLAYBOOK; the site that comes with provision is playbooks/site.yml\n',
      );
    }
    expect((await one.cli('explain', '-i', 'inventory.yml', 'web1', 'x')).code).to.equal(5);
    const named = await one.cli('--list-tasks', 'playbooks/site.yml');
    expect([named.code, named.stdout.includes('playbook: ')]).to.deep.equal([0, true]);
    // By the name of a playbook only.
    for (const file of ['package.json', 'roles/nginx/tasks/main.yml', 'playbooks/../package.json'])
      expect((await one.cli('--list-tasks', file)).stderr).to.match(/^error: there is no playbook /);
  });

  it('is the site of the folder', async () => {
    const site = (name: string): string => `- { name: ${name}, hosts: all, tasks: [] }`;
    const one = project({ 'site.yml': site('beside') });
    expect((await one.cli('--list-tasks')).stdout).to.match(/beside/);
    one.write({ 'playbooks/site.yml': site('below') });
    expect((await one.cli('--list-tasks')).stdout).to.match(/below/);
  });
});
