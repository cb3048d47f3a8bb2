import { readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import fc from 'fast-check';
import { ENCODINGS, anySecret, piecesOf } from '../variables/encodings.js';
import { run } from '../../src/cli.js';
import { cleanUp, ioOf, project, type Project } from './project.js';

/** Everything that was told of a run: on both streams, and in the files that it left. */
async function told(site: Project, ...playbook: string[]): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>();
  const keep = async (name: string, ...args: string[]): Promise<void> => {
    const { stdout, stderr } = await site.cli(...args, ...playbook);
    found.set(`stdout of ${name}`, stdout).set(`stderr of ${name}`, stderr);
  };
  await keep('a dry run', '-C', '-D', '-v', '-i', 'inventory.yml');
  await keep('plan', 'plan', '-o', 'plan.json');
  await keep('run', '-vvv', '-D', '--log', 'log.txt', '--junit', 'junit.xml');
  await keep('run as JSON', '--format', 'json', '-vvv');
  await keep('explain', 'explain', '-i', 'inventory.yml', 'web1', 'db');
  for (const name of ['plan.json', 'log.txt', 'junit.xml'])
    found.set(name, readFileSync(join(site.dir, name), 'utf8'));
  const runs = join(site.dir, '.provision/runs');
  for (const run of readdirSync(runs))
    for (const file of readdirSync(join(runs, run)))
      found.set(`${file} of ${run}`, readFileSync(join(runs, run, file), 'utf8'));
  return found;
}

const SHOWING = `
- hosts: all
  roles: [db]
  tasks:
    - { name: "label <%= db.password %>", debug: { msg: "said <%= db.password %>" } }
    - { name: mapping, debug: { var: db } }
    - { name: file, copy: { dest: "<%= out %>/f", content: "password=<%= db.password %>\\n" } }
    - { name: output, shell: 'printf "%s\\n" <%= quote(db.password) %>; printf %s <%= quote("user:" + db.password) %> | base64; printf %s <%= quote(db.password) %> | od -An -tx1' }
    - { name: looped, command: "true <%= quote(item.login) %>", loop: [{ login: operator-alice, password: "<%= db.password %>" }] }
    - { name: fails, shell: 'printf "%s" <%= quote(db.password) %> >&2; exit 1', ignore_errors: true }
    - { name: argv, command: "ls /no/<%= quote(db.password) %>", ignore_errors: true }
    - { name: no JSON, set_fact: { x: "<%= JSON.parse(db.password) %>" }, ignore_errors: true }
    - { name: wrong type, copy: { dest: "<%= out %>/g", content: x, mode: "<%= [db.password] %>" }, ignore_errors: true }
    - { name: long, debug: { msg: "<%= 'x'.repeat(50) + db.password %>" } }
    - { name: number, debug: { msg: "pin <%= db.pin %>" } }
  verify:
    - { name: check, command: { shell: "test -d /aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa/<%= quote(db.password) %>" }, timeout: 0.1 }
`;

describe('a secret', () => {
  cleanUp();

  it('is in nothing that is told, in no encoding, whatever it holds (property)', async function () {
    this.timeout(240_000);
    // A text of the host's shell and of YAML: neither holds a NUL, and `<%` would be a template.
    const secret = anySecret.filter((text) => !/[\0]|<%/.test(text));
    await fc.assert(
      fc.asyncProperty(secret, fc.integer({ min: 10_000_000, max: 99_999_999 }), async (password, pin) => {
        const site = project({
          'site.yml': SHOWING,
          'roles/db/tasks/main.yml': '[]',
          'roles/db/schema.json': JSON.stringify({
            type: 'object',
            properties: {
              db: {
                type: 'object',
                properties: {
                  password: { type: 'string', writeOnly: true },
                  pin: { type: 'integer', writeOnly: true },
                },
              },
            },
          }),
          'group_vars/all.json': JSON.stringify({ db: { password, pin } }),
        });
        const all = await told(site, 'site.yml');
        expect(all.get('stdout of run')).to.include('said ********').and.to.include('pin ********');
        expect(all.get('stdout of run as JSON')).to.include('said ********');
        for (const [sink, text] of all) {
          expect(text, `${sink}: the number`).to.not.include(String(pin));
          for (const [name, encode] of Object.entries(ENCODINGS))
            for (const piece of piecesOf(encode(password, ''), text))
              expect.fail(
                `${sink} has ${JSON.stringify(piece)} of ${JSON.stringify(password)}, ${name}:\n${text}`,
              );
        }
        site.remove();
      }),
      { numRuns: 3, endOnFailure: true },
    );
  });

  it('is in no error that comes before the run, and in no stack', async () => {
    const secret = 'Vaulted-Secret-0123456789';
    const schema = {
      type: 'object',
      properties: {
        list: { type: 'array', items: { type: 'string', writeOnly: true } },
        late: { type: 'string', writeOnly: true },
      },
    };
    const site = project({
      'site.yml': '- { hosts: all, roles: [db] }',
      'roles/db/schema.json': JSON.stringify(schema),
      'roles/db/tasks/main.yml': '[]',
    });
    for (const vars of [
      `list: ${secret.repeat(3)}`,
      `list: { a: ${secret} }`,
      `list: [[${secret}]]`,
      `late: ${secret}\nlist: "<%= JSON.parse(late) %>"`,
      `late: ${secret}\nlist: "<%= BigInt(late) %>"`,
      `late: 98765432`,
    ]) {
      site.write({ 'group_vars/all.yml': `${vars}\n` });
      const { io, said } = ioOf(site.dir, { env: { PROVISION_DEBUG: '1' } });
      await run(['-i', 'inventory.yml', 'site.yml'], io);
      const { stderr, code } = said();
      expect(code, vars).to.equal(5);
      expect(stderr, vars).to.match(/^ {4}at /m);
      expect(stderr, vars).to.not.match(/Vault|Secret|9876/);
    }
  });

  it('on the command line is in no error, no plan and no journal, whatever its name is made of', async () => {
    const site = project({
      'site.yml': '- { hosts: all, tasks: [{ debug: { msg: "<%= vars.said ?? 1 %>" } }] }',
    });
    const given = [
      '{"db":{"password":"Vaulted-Secret-1"},"list":[{"apiToken":"Vaulted-Secret-2"}],"secrets":["Vaulted-Secret-3"]}',
      'dbPassword=Vaulted-Secret-4',
      'db-token=Vaulted-Secret-5'.replace('-', '_'),
      '{"pin_secret":987654321}',
    ].flatMap((one) => ['-e', one]);
    await site.cli('-vvv', ...given, '-e', 'said=Vaulted-Secret-4', 'site.yml');
    await site.cli('plan', '-o', 'plan.json', ...given, 'site.yml');
    const runs = join(site.dir, '.provision/runs');
    const files = readdirSync(runs).flatMap((run) =>
      readdirSync(join(runs, run)).map((file) => join(runs, run, file)),
    );
    for (const file of [...files, join(site.dir, 'plan.json')])
      expect(readFileSync(file, 'utf8'), file).to.not.match(/Vaulted-Secret|987654321/);
    for (const wrong of ['{"password":"Vaulted-Secret-6"', 'password=x Vaulted-Secret-7']) {
      const { stderr, code } = await site.cli('-e', wrong, 'site.yml');
      expect(code).to.equal(5);
      expect(stderr).to.not.include('Vaulted');
    }
  });

  it('is taken out of what exec and an error with its stack show, vaults that nobody has used included', async () => {
    const site = project({ 'site.yml': '- { hosts: all, tasks: [] }', password: 'open sesame\n' });
    const { seal } = await import('../variables/seal.js');
    const vault = seal('Vaulted-Secret-0123456789', 'open sesame').replace(/^/gm, '  ');
    site.write({
      'group_vars/all.yml': `pw: !vault |\n${vault}\nother: !vault |\n${seal('x', 'another').replace(/^/gm, '  ')}\n`,
    });
    writeFileSync(
      join(site.dir, 'f'),
      `a Vaulted-Secret-0123456789\nb ${Buffer.from('u:Vaulted-Secret-0123456789').toString('base64')}\n`,
    );
    const { stdout } = await site.cli(
      'exec',
      'all',
      '--vault-password-file',
      'password',
      '--',
      `cat ${site.dir}/f; cat ${site.dir}/f >&2`,
    );
    expect(stdout).to.include('a ********');
    expect(stdout).to.not.match(/Vault|Secret|VmF1|YXVsd/);
  });
});

describe('files of a run', () => {
  cleanUp();

  it('are for their owner only, also where they were there already', async () => {
    const site = project({ 'site.yml': '- { hosts: all, tasks: [{ debug: { msg: it was said } }] }' });
    for (const name of ['log.txt', 'junit.xml'])
      writeFileSync(join(site.dir, name), 'before, and longer than what comes now '.repeat(99), {
        mode: 0o644,
      });
    await site.cli('--log', 'log.txt', '--junit', 'junit.xml', 'site.yml');
    for (const name of ['log.txt', 'junit.xml']) {
      expect(statSync(join(site.dir, name)).mode & 0o777, name).to.equal(0o600);
      expect(readFileSync(join(site.dir, name), 'utf8')).to.not.include('before');
    }
    await site.cli('--junit', 'new.xml', 'site.yml');
    expect(statSync(join(site.dir, 'new.xml')).mode & 0o777).to.equal(0o600);
    expect((await site.cli('--log', '/dev/null', 'site.yml')).code).to.equal(0);
  });
});
