import { expect } from 'chai';
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  createProject,
  exampleOf,
  needsCluster,
  recapOf,
  report,
  type Project,
  type Ran,
} from './support.js';

/** The role mysql on real servers: MariaDB of two releases and MySQL, a host that may log in and one that may not. */
const cluster = 'test-database';
const servers = ['trixie', 'bookworm', 'sid'] as const;
const beside = (name: string): string => readFileSync(new URL(`database/${name}`, import.meta.url), 'utf8');

const site = '- hosts: databases\n  roles: [mysql]\n';

describe('the role mysql on MariaDB and MySQL', function () {
  this.bail(true);
  let project: Project;

  before(async function () {
    needsCluster(this);
    project = await createProject({ cluster, range: 93, inventory: beside('inventory.yml') });
    await project.write('site.yml', site);
    await project.write('schema.sql', beside('schema.sql'));
  });

  after(async () => {
    if (!project) return;
    await project.provision('cluster', 'down', '-i', project.inventory);
    await project.remove();
  });

  it('boots five bare hosts of three releases', async () => {
    succeeded(await project.provision('cluster', 'up', '-i', project.inventory));
    await project.write(
      'clients.yml',
      `- hosts: appservers:strangers\n  tasks: [apt: { name: mariadb-client, install_recommends: false }]\n`,
    );
    succeeded(await run('clients.yml'));
  });

  it('changes nothing on bare hosts in a dry run', async () => {
    const before = await files();
    succeeded(await run('site.yml', '--check', '--no-verify'));
    expect(await files()).to.deep.equal(before);
    const packages = await on(
      'databases',
      "dpkg-query -W 'mariadb-server*' 'mysql-server*' 2>&1 | grep -c '[0-9]' || true",
    );
    expect([...packages.values()]).to.deep.equal(['0', '0', '0']);
  });

  it('makes servers of them that pass their checks, and has nothing to do the second time', async () => {
    const first = await run('site.yml');
    succeeded(first);
    report(`      first run: ${/in ([\d.]+ s)$/m.exec(first.stdout)?.[1] ?? '?'}`);
    const second = await run('site.yml', '-v');
    succeeded(second);
    for (const server of servers) expect(recapOf(second.stdout).get(server)?.changed, server).to.equal(0);
    const versions = await sql('SELECT VERSION()');
    expect(versions.get('sid')).to.match(/^9\./);
    report(`      servers: ${[...versions.values()].join(', ')}`);
    const collations = await sql(
      "CREATE TABLE other.c (a INT) DEFAULT CHARSET = utf8mb4; SELECT table_collation FROM information_schema.tables WHERE table_name = 'c'; DROP TABLE other.c",
    );
    expect(collations.get('trixie')).to.equal('utf8mb4_unicode_ci');
    expect(collations.get('sid')).to.equal('utf8mb4_0900_ai_ci');
  });

  it('runs the example of its README, and has nothing to do the second time', async () => {
    await project.write('playbooks/readme.yml', await exampleOf('mysql'));
    succeeded(await run('playbooks/readme.yml'));
    const second = await run('playbooks/readme.yml', '-v');
    succeeded(second);
    for (const server of servers) expect(recapOf(second.stdout).get(server)?.changed, server).to.equal(0);
  });

  it('lets users in from their own hosts, into their own databases, and nobody else', async () => {
    const login = (given: string): string => `{ host: "<%= item.address %>", ${given} }`;
    const loop = `"<%= groups.databases.map((name) => ({ address: hostvars[name].ansible_host })) %>"`;
    const check = (name: string, given: string): string =>
      `    - name: ${name}\n      mysql_login: ${login(given)}\n      loop: ${loop}\n`;
    const password = 'password: "<%= shop_password %>"';
    await project.write(
      'logins.yml',
      [
        '- hosts: appservers\n  verify:\n',
        check(
          'its own database',
          `user: shop, ${password}, database: shop, query: "SELECT COUNT(*) FROM orders"`,
        ),
        check('another database', `user: shop, ${password}, database: other, expect: refused`),
        check(
          'tables of the server',
          `user: shop, ${password}, query: "SELECT * FROM mysql.user", expect: refused`,
        ),
        check('a wrong password', 'user: shop, password: "a wrong one", expect: refused'),
        check('no name that is known', 'user: anyone, password: "", expect: refused'),
        check('root', 'user: root, password: "", expect: refused'),
        '- hosts: strangers\n  verify:\n',
        check('another host', `user: shop, ${password}, database: shop, expect: refused`),
        check('another host, no name', 'user: anyone, password: "", expect: refused'),
      ].join(''),
    );
    const ran = await project.provision('verify', '-i', project.inventory, 'logins.yml', '-v');
    succeeded(ran);
    expect(ran.stdout.match(/ verified +(app|stranger) /g)).to.have.length(8 * servers.length);
    report(`      logins: ${servers.length} as they should, ${7 * servers.length} refused`);
  });

  it('compares privileges by what they mean, and takes back what was granted by hand', async () => {
    await sql(
      "GRANT CREATE, DROP ON shop.* TO 'shop'@'10.93.0.31'; GRANT SELECT ON other.* TO 'shop'@'10.93.0.31'",
    );
    const mended = await run('site.yml');
    succeeded(mended);
    expect(mended.stdout).to.match(
      /privileges on shop\.\*: CREATE, DELETE, DROP, .* -> DELETE, INSERT, SELECT, UPDATE/,
    );
    const priv = { '`shop`.*': ['update', 'delete, insert', 'SELECT'] };
    const user = { name: 'shop', password: await passwordOf(project), groups: ['appservers'], priv };
    const same = await run('site.yml', '--no-verify', '-v', '-e', JSON.stringify({ mysql_users: [user] }));
    succeeded(same);
    for (const server of servers) expect(recapOf(same.stdout).get(server)?.changed, server).to.equal(0);
  });

  it('fails for a setting that does not exist and leaves the server as it was, with its connections', async () => {
    const before = await processes();
    const clients = await connect();
    const ran = await settings({ no_such_setting: 1 });
    expect(ran.status, ran.text).to.equal(1);
    expect(ran.stdout)
      .to.match(/unknown variable 'no[-_]such[-_]setting=1'/)
      .and.to.match(/the file is left as it was/);
    expect(await processes()).to.deep.equal(before);
    const { kept } = await clients.end();
    expect(kept).to.equal(clients.number);
    report(
      `      a typo: refused on ${servers.length} servers, ${kept} of ${clients.number} connections kept`,
    );
  });

  it('puts the settings back with which the server came up when it does not with the new ones', async () => {
    const before = await files();
    const ran = await settings({ innodb_data_file_path: 'ibdata1:5M' });
    expect(ran.status, ran.text).to.equal(1);
    expect(ran.stdout.match(/did not come up with the new settings/g)).to.have.length(servers.length);
    expect(ran.stdout.match(/The previous settings are back and it serves with them/g)).to.have.length(
      servers.length,
    );
    expect(await files()).to.deep.equal(before);
    const after = await run('site.yml', '-v');
    succeeded(after);
    report('      settings with which it does not start: the previous ones are back, all checks hold');
  });

  it('changes a setting and a password without losing a connection or refusing a login', async () => {
    const password = await passwordOf(project);
    const before = await processes();
    const clients = await connect();
    await project.write('inventory/secrets/shop', 'another-long-password-1\n');
    const ran = await run(
      'site.yml',
      '-v',
      '-e',
      // MySQL makes 256 MiB of this, at a start as well.
      JSON.stringify({
        mysql_max_connections: 151,
        mysql_innodb_buffer_pool_size: '200M',
        shop_former_password: password,
      }),
    );
    succeeded(ran);
    expect(ran.stdout.match(/changed +\S+ +mysql : apply the settings/g)).to.have.length(servers.length);
    expect([...(await sql('SELECT @@max_connections')).values()]).to.deep.equal(['151', '151', '151']);
    const { kept, logins, refused } = await clients.end();
    expect(await processes(), 'no restart').to.deep.equal(before);
    expect(kept).to.equal(clients.number);
    expect(refused).to.equal(0);
    expect(logins).to.be.above(3 * servers.length);
    report(
      `      a setting and a password: ${kept} of ${clients.number} connections kept, ${logins} logins with the former password meanwhile, ${refused} refused`,
    );

    // The former password has served its time.
    succeeded(await run('site.yml', '--no-verify'));
    const former = await on('appservers', logInto(password), 'raw');
    expect(former.get('app')).to.equal('refused refused refused');
    const present = await on('appservers', logInto('another-long-password-1'), 'raw');
    expect(present.get('app')).to.equal('in in in');
  });

  it('restarts for what cannot be changed otherwise', async () => {
    const before = await processes();
    succeeded(await settings({ back_log: 90 }));
    expect([...(await sql('SELECT @@back_log')).values()]).to.deep.equal(['90', '90', '90']);
    const after = await processes();
    for (const server of servers) expect(after.get(server), server).not.to.equal(before.get(server));
  });

  it('takes a backup now', async () => {
    await on(
      'databases',
      `$(command -v mariadb || command -v mysql) --default-character-set=utf8mb4 shop <<'SQL'\n${beside('content.sql')}\nSQL\n# What was written in the second of the backup counts as written since.\nsleep 2`,
    );
    const began = Date.now();
    const ran = await run('playbooks/backup.yml');
    succeeded(ran);
    const took = Date.now() - began;
    for (const [server, text] of await on('databases', 'cat /var/lib/provision/mysql/backup.json')) {
      const status = JSON.parse(text) as Record<string, unknown>;
      expect(status, server).to.include({ ok: true, databases: 2, tables: tables(server), error: null });
      expect(status['failed'], server).to.deep.equal([]);
      expect(status['bytes'], server).to.be.above(500_000);
      report(`      backup of ${server}: ${String(status['bytes'])} bytes in ${String(status['seconds'])} s`);
    }
    report(`      backup of all, with the run: ${(took / 1000).toFixed(1)} s`);
    const modes = await on(
      'databases',
      'find /var/backups/mysql ! -user root -o -perm /077 | wc -l; ls -a /var/backups/mysql | grep -c part || true',
    );
    expect([...modes.values()]).to.deep.equal(['0\n0', '0\n0', '0\n0']);
  });

  it('proves by a drill that it can be restored, and the server at work does not notice', async () => {
    const before = await sql(beside('state.sql'));
    const ran = await run('playbooks/restore-drill.yml');
    succeeded(ran);
    for (const [server, text] of await on(
      'databases',
      'cat /var/lib/provision/mysql/drill.json; ls /var/lib/provision/mysql',
    )) {
      const status = JSON.parse(text.slice(0, text.indexOf('}') + 1)) as Record<string, unknown>;
      expect(status, server).to.include({
        ok: true,
        databases: 2,
        tables: tables(server),
        inexact: 0,
        accounts_failed: 0,
        error: null,
      });
      // Each of them was written to before the backup and not since.
      expect(status['same_checksum'], server).to.equal(tables(server));
      expect(
        text
          .slice(text.indexOf('}') + 1)
          .trim()
          .split('\n'),
      ).to.deep.equal(['backup.json', 'drill.json', 'settings']);
      report(
        `      drill on ${server}: ${String(status['same_checksum'])} of ${String(status['tables'])} tables with the same checksum, in ${String(status['seconds'])} s`,
      );
    }
    expect(await sql(beside('state.sql'))).to.deep.equal(before);
    succeeded(await project.provision('verify', '-i', project.inventory, 'site.yml'));
  });

  it('brings a dropped table back, with the same checksum', async () => {
    const before = await sql(beside('state.sql'));
    await sql('SET FOREIGN_KEY_CHECKS = 0; DROP TABLE shop.orders');
    for (const [server, ran] of await restoreAll({ restore_table: 'orders' }))
      report(
        `      a dropped table on ${server}: ${/shop\.orders: (restored .*)/.exec(ran.stdout)?.[1] ?? '?'}`,
      );
    expect(await sql(beside('state.sql'))).to.deep.equal(before);
    const sums = [...before.values()].map((text) => /shop\.orders\t(\d+)/.exec(text)?.[1]);
    report(`      checksums before and after: ${sums.join(', ')}: equal`);
  });

  it('refuses to restore over what is there, unless it is forced, and keeps what it replaces', async () => {
    const good = await sql(beside('state.sql'));
    await sql(
      "DELETE FROM shop.orders WHERE id MOD 2 = 0; INSERT INTO shop.customers (name) VALUES ('written since')",
    );
    const changed = await sql(beside('state.sql'));
    const refused = await restore('trixie', {});
    expect(refused.status, refused.text).to.equal(1);
    expect(refused.stdout).to.match(/shop is not empty. With --force it is replaced/);
    expect(await sql(beside('state.sql'))).to.deep.equal(changed);
    for (const [server, ran] of await restoreAll({ restore_force: true }))
      report(`      a whole database on ${server}: ${/shop: (restored .*)/.exec(ran.stdout)?.[1] ?? '?'}`);
    expect(await sql(beside('state.sql'))).to.deep.equal(good);
    // What was replaced is in the newest backup now.
    await restoreAll({ restore_force: true });
    expect(await sql(beside('state.sql'))).to.deep.equal(changed);
  });

  it('touches nothing for a backup that is damaged, and says of a failed backup that it failed', async () => {
    const before = await sql(beside('state.sql'));
    await on(
      'databases',
      'file=$(ls /var/backups/mysql/*/shop.sql.gz | tail -n 1); printf x | dd of="$file" bs=1 seek=1000 conv=notrunc 2>/dev/null',
    );
    const damaged = await restore('bookworm', { restore_force: true });
    expect(damaged.status, damaged.text).to.equal(1);
    expect(damaged.stdout).to.match(/the backup \S+ is damaged/);
    expect(await sql(beside('state.sql'))).to.deep.equal(before);
    const drill = await run('playbooks/restore-drill.yml');
    expect(drill.status, drill.text).to.equal(1);
    expect(drill.stdout.match(/the drill failed: the backup \S+ is damaged/g)).to.have.length(servers.length);

    const had = await on('databases', 'ls /var/backups/mysql');
    await on('databases', 'for unit in mariadb mysql; do systemctl stop $unit 2>/dev/null; done; true');
    const failed = await run('playbooks/backup.yml');
    expect(failed.status, failed.text).to.equal(1);
    expect(failed.stdout.match(/no backup: the server does not answer/g)).to.have.length(servers.length);
    await on('databases', 'systemctl start mariadb || systemctl start mysql');
    expect([...(await on('databases', 'ls /var/backups/mysql'))]).to.deep.equal([...had]);
    const verified = await project.provision('verify', '-i', project.inventory, 'site.yml');
    expect(verified.status, verified.text).to.equal(4);
    expect(verified.stdout).to.match(/CRITICAL: the last backup failed: the server does not answer/);
  });

  it('backs up all the rest where one view is broken, and says which', async () => {
    await sql(
      'CREATE TABLE other.gone (a INT); CREATE VIEW other.broken AS SELECT a FROM other.gone; DROP TABLE other.gone',
    );
    const ran = await run('playbooks/backup.yml');
    expect(ran.status, ran.text).to.equal(1);
    expect(
      ran.stdout.match(/not backed up: view other\.broken: View 'other\.broken' references/g),
    ).to.have.length(servers.length);
    const listed = await on('databases', 'mysql-restore --list | tail -n 1; mysql-backup-status || true');
    for (const [server, text] of listed)
      expect(text, server).to.match(
        /other shop {2}\(it lacks other\.broken\)\nCRITICAL: the last backup, .*, is not whole: it lacks view other\.broken;/,
      );
    await sql('DROP VIEW other.broken');
    succeeded(await run('playbooks/backup.yml'));
  });

  it('has its passwords in no argument, environment, log, or file that others can read', async () => {
    const passwords = [await passwordOf(project), 'another-long-password-2'];
    await project.write('inventory/secrets/shop', `${passwords[1]}\n`);
    const watched = on('databases', beside('watch.sh'));
    const ran = await run('site.yml', '-vvv', '-D', '--no-verify');
    succeeded(ran);
    expect(ran.stdout).to.match(/changed +trixie +mysql : user/);
    for (const password of passwords) expect(ran.text).not.to.include(password);
    await on('databases', 'touch /run/watched');
    for (const [host, text] of await watched) expect(text, host).to.match(/^\d\d+ looks, 0 found$/);
    const look = await on('databases', beside('look.sh'));
    for (const [host, text] of look) expect(text, host).to.equal('nowhere');
    report(
      '      passwords: in no argument, environment, log, binary log or file of the servers, and not in the output with -vvv -D',
    );
  });

  const run = (...args: readonly string[]): Promise<Ran> =>
    project.provision('-i', project.inventory, ...args);

  const settings = (mysql_settings: Record<string, unknown>): Promise<Ran> =>
    run('site.yml', '--no-verify', '-e', JSON.stringify({ mysql_settings }));

  const restore = (server: string, vars: Record<string, unknown>): Promise<Ran> =>
    run('playbooks/restore.yml', '-l', server, '-e', JSON.stringify({ restore_database: 'shop', ...vars }));

  async function restoreAll(vars: Record<string, unknown>): Promise<[string, Ran][]> {
    const all = await Promise.all(
      servers.map(async (server) => [server, await restore(server, vars)] as [string, Ran]),
    );
    for (const [, ran] of all) succeeded(ran);
    return all;
  }

  /** What a command printed on each of the hosts. */
  async function on(
    hosts: string,
    command: string,
    mode: 'checked' | 'raw' = 'checked',
  ): Promise<Map<string, string>> {
    const ran = await project.provision('exec', '-i', project.inventory, hosts, '--', command);
    if (mode === 'checked') succeeded(ran);
    const parts = ran.stdout.split(/^(\S+) \| rc=\d+ \| \d+ ms\n/m).slice(1);
    const found = new Map<string, string>();
    for (let at = 0; at < parts.length; at += 2) found.set(parts[at] ?? '', (parts[at + 1] ?? '').trim());
    return new Map([...found].sort());
  }

  const sql = (statements: string): Promise<Map<string, string>> =>
    on(
      'databases',
      `$(command -v mariadb || command -v mysql) --batch --skip-column-names <<'SQL'\n${statements};\nSQL`,
    );

  /** The main process of each server. */
  const processes = (): Promise<Map<string, string>> =>
    on('databases', 'systemctl show --property MainPID --value mariadb mysql | grep -v "^0*$" | sort -u');

  /** Names, modes, owners and contents of all that a run could have changed. */
  const files = (): Promise<Map<string, string>> =>
    on(
      'databases',
      "find /etc /usr/local -xdev -type f -exec stat -c '%n %a %U:%G' {} + -exec sha256sum {} + | sort | sha256sum",
    );

  /** Clients on the host that may log in: some that keep one connection to each server, and one that logs in again and again. */
  async function connect(): Promise<{
    number: number;
    end(): Promise<{ kept: number; logins: number; refused: number }>;
  }> {
    const number = 5 * servers.length;
    await on(
      'appservers',
      `umask 077; rm -rf /run/clients; mkdir /run/clients; ${optionFile('/run/clients/options', await passwordOf(project))}`,
    );
    const ended = on('appservers', beside('clients.sh').replaceAll('10.77.', '10.93.'));
    await until(async () => {
      const up = await on(
        'appservers',
        "find /run/clients \\( -name 'one.*' -o -name 'logins.*' \\) -size +0 | wc -l",
      );
      return up.get('app') === String(number + servers.length);
    });
    return {
      number,
      async end() {
        await on('appservers', 'touch /run/clients/stop');
        const [kept = 0, logins = 0, refused = -1] = ((await ended).get('app') ?? '').split(' ').map(Number);
        return { kept, logins, refused };
      },
    };
  }
});

/** Of the schema and of content.sql. */
const tables = (server: string): number => (server === 'sid' ? 4 : 6);

/** The project's file of the password that servers and clients share. */
async function passwordOf(project: Project): Promise<string> {
  return (await readFile(join(project.dir, 'inventory/secrets/shop'), 'utf8')).trim();
}

const optionFile = (path: string, password: string): string =>
  `printf '[client]\\nuser=shop\\npassword=%s\\nloose-ssl-verify-server-cert=0\\n' '${password}' >${path}`;

/** Prints `in` or `refused` for each server. */
const logInto = (password: string): string =>
  `umask 077; ${optionFile('/run/login', password)}
  for address in 10.93.0.41 10.93.0.42 10.93.0.43; do
    mariadb --defaults-file=/run/login --host=$address --execute='SELECT 1' >/dev/null 2>&1 && printf 'in ' || printf 'refused '
  done; rm /run/login`;

function succeeded(ran: Ran): void {
  expect(ran.status, ran.text.slice(-6000)).to.equal(0);
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  for (let left = 60; left > 0; left -= 1) {
    if (await holds()) return;
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
  throw new Error('did not come true within the time');
}
