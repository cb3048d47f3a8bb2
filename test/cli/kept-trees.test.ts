import { expect } from 'chai';
import { run } from '../../src/cli.js';
import type { Cache } from '../../src/cli/io.js';
import { seal } from '../variables/seal.js';
import { cleanUp, ioOf, project, type Finished, type Project } from '../controller/project.js';

/** What is kept, and how often something was. */
interface Kept extends Cache {
  readonly files: Map<string, string>;
  writes: number;
}

function keep(): Kept {
  const files = new Map<string, string>();
  return {
    files,
    writes: 0,
    read: (name) => (files.has(name) ? Buffer.from(files.get(name)!) : undefined),
    write(more) {
      this.writes += 1;
      for (const [name, data] of more) files.set(name, String(data));
    },
  };
}

async function list(site: Project, cache: Cache, ...args: string[]): Promise<Finished> {
  const { io, said } = ioOf(site.dir);
  Object.assign(io, { cache });
  await run(['-i', 'inventory.yml', '--list-tasks', ...args], io);
  return said();
}

const text = `
- hosts: all
  roles: [one]
  tasks:
    - { name: "says <%= 'so' %>", debug: { msg: hello } }
`;

describe('what reading a playbook came to', () => {
  cleanUp();

  it('is kept, and read again only where a file is another one', async () => {
    const site = project({ 'site.yml': text, 'roles/one/tasks/main.yml': '- { name: first, debug: {} }\n' });
    const cache = keep();
    const first = await list(site, cache);
    expect([first.code, first.stderr]).to.deep.equal([0, '']);
    expect(await list(site, cache)).to.deep.equal(first);
    expect(cache.writes).to.equal(1);
    site.write({ 'roles/one/tasks/main.yml': '- { name: second, debug: {} }\n' });
    expect((await list(site, cache)).stdout).to.equal(first.stdout.replace('first', 'second'));
    expect(cache.writes).to.equal(2);
    expect([...cache.files.values()].join(''))
      .to.include('second')
      .and.not.to.include('first');
  });

  it('changes no error and no place of one', async () => {
    const site = project({ 'site.yml': text, 'roles/one/tasks/main.yml': '- debug: { msg: <%= x }\n' });
    const cache = keep();
    for (const wrong of [
      '- debug: { msg: "<%= x" }\n',
      '- debug: { msg: "{{ x }}" }\n',
      '- debug: { mgs: x }\n',
      '- debug: [\n',
      '- { name: twice, name: twice }\n',
    ]) {
      site.write({ 'roles/one/tasks/main.yml': wrong });
      const { stderr, code } = await list(site, keep());
      expect([code, stderr]).to.deep.equal([5, (await list(site, cache)).stderr]);
      expect((await list(site, cache)).stderr).to.equal(stderr);
    }
    expect(cache.writes).to.equal(0);
  });

  it('is made again when it is no good', async () => {
    const site = project({ 'site.yml': text, 'roles/one/tasks/main.yml': '- debug: {}\n' });
    const cache = keep();
    const first = await list(site, cache);
    for (const [name, kept] of cache.files) cache.files.set(name, kept.slice(0, kept.length / 2));
    expect(await list(site, cache)).to.deep.equal(first);
    expect(cache.writes).to.equal(2);
  });

  it('holds nothing of a vault and nothing of the inventory', async () => {
    const vault = seal('word: in the vault\n', 'test-password');
    const site = project({
      'site.yml': text,
      'roles/one/tasks/main.yml': '- debug: {}\n',
      'roles/one/vars/main.yml': vault,
      'group_vars/all.yml': 'word: in the inventory\n',
      password: 'test-password\n',
    });
    const cache = keep();
    const { code, stderr } = await list(site, cache, '--vault-password-file', 'password');
    expect([code, stderr]).to.deep.equal([0, '']);
    const kept = [...cache.files.values()].join('');
    expect(kept)
      .to.include('debug')
      .and.not.to.include('in the inventory')
      .and.not.to.include('in the vault');
  });
});
