import { createCipheriv, createHmac, pbkdf2Sync } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { cleanUp, project, type Project } from './project.js';

const SECRET = 'hunter2-and-more';

/** Everything that a run prints at its most talkative, with the diffs. */
async function said(site: Project, ...args: string[]): Promise<string> {
  const { stdout, stderr } = await site.cli('-vvv', '-D', ...args, 'site.yml');
  return stdout + stderr;
}

/** Tasks that show a variable in every way there is. */
const showing = (name: string): string =>
  `
- hosts: all
  tasks:
    - { name: "label <%= ${name} %>", debug: { msg: "said <%= ${name} %>" } }
    - { name: file, copy: { dest: "<%= out %>/f", content: "password=<%= ${name} %>\\n" } }
    - { name: output, shell: 'echo out <%= ${name} %>; echo err <%= ${name} %> >&2', register: r }
    - { name: encoded, shell: 'printf %s <%= quote(${name}) %> | base64' }
    - { name: looped, command: "echo <%= item %>", loop: ["x <%= ${name} %>"] }
    - { name: skipped, command: 'true', when: "r.stdout == '<%= 1 %>'" }
    - { name: fails, shell: 'echo because <%= ${name} %> >&2; exit 1', ignore_errors: true }
    - { name: argv, command: "ls /no/<%= ${name} %>", ignore_errors: true }
    - { name: retried, command: "test -z <%= ${name} %>", retries: 1, delay: 0, ignore_errors: true }
    - { name: wrong type, copy: { dest: "<%= out %>/g", content: x, mode: "<%= [${name}] %>" }, ignore_errors: true }
  verify:
    - { name: check, command: "echo <%= ${name} %>", on: "<%= inventory_hostname %>" }
    - { name: fails, command: "ls /no/<%= ${name} %>", timeout: 0.1 }
`
    .replace(/when: "r\.stdout == '<%= 1 %>'"/, `when: r.stdout == 'x'`)
    .replace(', on: "<%= inventory_hostname %>"', '');

describe('secrets', () => {
  cleanUp();

  it('of a role (writeOnly in its schema) are in no output', async () => {
    const site = project({
      'site.yml': showing('db_password').replace('  tasks:', '  roles: [db]\n  tasks:'),
      'roles/db/schema.json': JSON.stringify({
        type: 'object',
        properties: {
          db_password: { type: 'string', writeOnly: true },
          users: {
            type: 'array',
            items: { type: 'object', properties: { password: { type: 'string', writeOnly: true } } },
          },
        },
      }),
      'roles/db/tasks/main.yml': `- debug: { msg: "<%= users[0].password %>" }`,
      'group_vars/all.yml': `db_password: ${SECRET}\nusers: [{ password: "nested-<%= 'secret' %>" }]\n`,
    });
    const text = await said(site);
    expect(text).to.not.include(SECRET);
    expect(text).to.not.include(Buffer.from(SECRET).toString('base64'));
    expect(text).to.not.include('nested-secret');
    expect(text).to.include('said ********');
    expect(text).to.include('label ********');
    expect(text).to.include('+password=********');
    expect(text).to.include('because ********');
    expect(site.read('f')).to.equal(`password=${SECRET}\n`);
  });

  it('that lookup makes are in no output, and are kept from run to run', async () => {
    const site = project({
      'site.yml': showing('made'),
      'group_vars/all.yml': `made: "<%= lookup('password', 'secrets/made') %>"`,
    });
    const text = await said(site);
    const [, made = ''] = /password=(.*)/.exec(site.read('f')!)!;
    expect(made).to.match(/^[A-Za-z0-9]{20}$/);
    expect(text).to.not.include(made);
    expect(text).to.include('said ********');
    await said(site);
    expect(site.read('f')).to.include(made);
  });

  it('that lookup would make are not kept by a dry run', async () => {
    const site = project({
      'site.yml': showing('made'),
      'group_vars/all.yml': `made: "<%= lookup('password', 'secrets/made') %>"`,
    });
    await said(site, '--check');
    expect(existsSync(join(site.dir, 'secrets'))).to.equal(false);
    await site.cli('verify', 'site.yml');
    expect(existsSync(join(site.dir, 'secrets'))).to.equal(false);
  });

  it('of the connection are in no output, of other hosts neither', async () => {
    for (const name of [
      'ansible_password',
      'ansible_ssh_pass',
      'ansible_become_password',
      'ansible_become_pass',
    ]) {
      const site = project({ 'site.yml': showing(`hostvars.web2.${name}`) }, ['web1', 'web2']);
      site.write({ 'host_vars/web2.yml': `${name}: ${SECRET}\n` });
      const text = await said(site, '-l', 'web1');
      expect(text, name).to.not.include(SECRET);
      expect(text, name).to.include('said ********');
    }
  });

  it('of a vault are in no output: a value, a file of variables, of the playbook, of -e', async () => {
    const vault = encrypt(SECRET, 'open sesame');
    const indented = vault.replace(/^/gm, '  ');
    const site = project({
      'site.yml': showing('pw').replace(
        '  tasks:',
        '  vars_files: [whole.yml, one.yml]\n  tasks:\n    - debug: { msg: "<%= two %> <%= three %> <%= four %>" }',
      ),
      'group_vars/all.yml': `pw: !vault |\n${indented}\n`,
      'whole.yml': encrypt('two: second-secret\n', 'open sesame'),
      'one.yml': `three: !vault |\n${encrypt('third-secret', 'open sesame').replace(/^/gm, '  ')}\n`,
      'extra.yml': encrypt('four: fourth-secret\n', 'open sesame'),
      password: 'open sesame\n',
    });
    const text = await said(site, '--vault-password-file', 'password', '-e', '@extra.yml');
    expect(text).to.not.match(/hunter2|second-secret|third-secret|fourth-secret/);
    expect(text).to.include('******** ******** ********');
    expect(site.read('f')).to.equal(`password=${SECRET}\n`);
  });

  it('of a task with no_log are in no output, whatever becomes of it', async () => {
    const site = project({
      'site.yml': `
- hosts: all
  vars: { plain: ${SECRET} }
  tasks:
    - { name: debug, debug: { msg: "<%= plain %>" }, no_log: true }
    - { name: file, copy: { dest: "<%= out %>/f", content: "<%= plain %>", mode: "0600" }, no_log: true }
    - { name: output, shell: 'echo <%= plain %>', no_log: true, register: r }
    - { name: loop, command: "echo <%= item %>", loop: ["<%= plain %>"], no_log: "<%= 1 === 1 %>" }
    - { name: label, command: "echo <%= item.p %>", loop: [{ name: "<%= plain %>", p: 1 }], loop_control: { label: "<%= item.name %>" }, no_log: true }
    - { name: fails, command: "ls /no/<%= plain %>", no_log: true, ignore_errors: true }
    - { name: failed when, shell: 'echo <%= plain %>', failed_when: true, no_log: true, ignore_errors: true }
    - { name: slow, shell: 'echo <%= plain %>; sleep 30', timeout: 0.3, no_log: true, ignore_errors: true }
    - { name: fail, fail: { msg: "<%= plain %>" }, no_log: true, ignore_errors: true }
    - { name: wrong, copy: { dest: "<%= out %>/x", content: x, backup: "<%= plain %>" }, no_log: true, ignore_errors: true }
    - { name: probe, command: "ls /no/<%= plain %>", changed_when: false, check_mode: false, no_log: true, ignore_errors: true }
    - block: [{ name: in block, command: "ls /no/<%= plain %>" }]
      rescue: [{ command: 'true' }]
      no_log: true
    - { name: still usable, copy: { dest: "<%= out %>/g", content: "<%= r.stdout.length %>" } }
  verify:
    - { name: check, command: "ls /no/<%= plain %>", no_log: true, timeout: 0.1 }
`,
    });
    const text = await said(site);
    expect(text).to.not.include(SECRET);
    expect(site.read('g')).to.equal(String(SECRET.length));
    for (const name of ['file', 'output', 'fails', 'slow', 'probe', 'check']) expect(text).to.include(name);
    expect(await said(site, '--check', '-e', `plain=${SECRET}x`)).to.not.include(SECRET);
  });

  it('are in no error before the run', async () => {
    const site = project({
      'site.yml': '- { hosts: all, roles: [db] }',
      'roles/db/schema.json': JSON.stringify({
        type: 'object',
        properties: { pw: { type: 'integer', writeOnly: true } },
      }),
      'roles/db/tasks/main.yml': `- command: 'true'`,
      'group_vars/all.yml': `pw: ${SECRET}\n`,
    });
    const { stderr, code } = await site.cli('site.yml');
    expect(code).to.equal(5);
    expect(stderr).to.include('"pw" must be integer');
    expect(stderr).to.not.include(SECRET);
  });
});

/** A text as ansible-vault encrypts it: format 1.1, https://docs.ansible.com/ansible/latest/vault_guide/vault_using_encrypted_content.html */
function encrypt(text: string, password: string): string {
  const salt = Buffer.alloc(32, 7);
  const keys = pbkdf2Sync(password, salt, 10_000, 80, 'sha256');
  const cipher = createCipheriv('aes-256-ctr', keys.subarray(0, 32), keys.subarray(64));
  const padding = 16 - (Buffer.byteLength(text) % 16);
  const plain = Buffer.concat([Buffer.from(text), Buffer.alloc(padding, padding)]);
  const ciphertext = Buffer.concat([cipher.update(plain), cipher.final()]);
  const hmac = createHmac('sha256', keys.subarray(32, 64)).update(ciphertext).digest();
  const inner = [salt, hmac, ciphertext].map((part) => part.toString('hex')).join('\n');
  const lines = Buffer.from(inner)
    .toString('hex')
    .match(/.{1,80}/g)!;
  return ['$ANSIBLE_VAULT;1.1;AES256', ...lines].join('\n');
}
