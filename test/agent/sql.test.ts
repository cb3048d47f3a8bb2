import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { startAgent, type Agent } from '../../src/agent/agent.js';
import { connectLocal } from '../../src/transport/local.js';
import { ask, run, waitFor } from './support.js';

/** A database server of the test's own, on a socket in a folder that is removed. */
describe('sql queries', () => {
  let folder: string;
  let server: ChildProcess | undefined;
  let agent: Agent | undefined;

  before(async function () {
    this.timeout(60_000);
    try {
      execFileSync('mariadbd', ['--version'], { stdio: 'ignore' });
    } catch {
      this.skip();
    }
    folder = mkdtempSync(join(tmpdir(), 'sql-'));
    chmodSync(folder, 0o755);
    const socket = join(folder, 's');
    mkdirSync(join(folder, 'data'));
    const common = [
      '--no-defaults',
      `--datadir=${folder}/data`,
      '--user=root',
      '--skip-networking',
      `--socket=${socket}`,
      `--pid-file=${folder}/pid`,
    ];
    // Without grant tables there is nothing to install.
    server = spawn('mariadbd', [...common, '--skip-grant-tables', '--innodb-buffer-pool-size=8M'], {
      stdio: 'ignore',
    });
    await waitFor('the server is up', () => existsSync(socket), 40);
    writeFileSync(join(folder, '.my.cnf'), `[client]\nsocket=${socket}\n`);
    agent = await startAgent(connectLocal(), { host: 'h1', shell: `env HOME=${folder} sh` });
  });
  after(async () => {
    await agent?.close();
    if (!server) return;
    server.kill('SIGKILL');
    rmSync(folder, { recursive: true });
  });

  it('tell NULL from its name, bring any text, and fail each for itself', async () => {
    const setUp =
      "CREATE DATABASE d; CREATE TABLE d.t (a TEXT, b INT); INSERT INTO d.t VALUES ('NULL', NULL), ('<a>&amp;\\n\"é', 2), ('', 3)";
    await run(agent!, { kind: 'run', argv: ['mariadb', '-e', setUp] });
    const answers = await ask<'sql'>(
      agent!,
      { kind: 'sql', sql: 'SELECT a, b FROM t ORDER BY b -- all\n;', database: 'd' },
      { kind: 'sql', sql: 'SELECT * FROM missing', database: 'd' },
      { kind: 'sql', sql: "SELECT ';',\n 'it''s'", database: 'd' },
      { kind: 'sql', sql: 'SELEC 1' },
      { kind: 'sql', sql: 'SELECT a FROM d.t WHERE b = 9' },
      { kind: 'sql', sql: 'SELECT 1', database: 'nowhere' },
    );
    expect(answers[0]).to.deep.equal({
      rows: [
        ['NULL', null],
        ['<a>&amp;\n"é', '2'],
        ['', '3'],
      ],
    });
    expect(answers[1]?.error).to.match(/^ERROR 1146 .*missing/);
    expect(answers[2]).to.deep.equal({ rows: [[';', "it's"]] });
    expect(answers[3]?.error).to.match(/^ERROR 1064 /);
    expect(answers[4]).to.deep.equal({ rows: [] });
    expect(answers[5]?.error).to.match(/^ERROR 1049 .*nowhere/);
  });

  it('say that the server is down', async () => {
    server!.kill('SIGKILL');
    await new Promise((resolve) => server!.once('exit', resolve));
    const [answer] = await ask<'sql'>(agent!, { kind: 'sql', sql: 'SELECT 1' });
    expect(answer?.error).to.match(/^ERROR 2002 .*connect/);
  });
});
