import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { LIST_PROCESSES, parseDaemon, processesOf } from '../../../src/resources/pm2/processes.js';
import { runScript } from '../run-script.js';

describe("PM2's processes", () => {
  let home = '';
  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), 'pm2-'));
    mkdirSync(join(home, 'pids'));
  });
  afterEach(() => rmSync(home, { recursive: true }));
  const list = async (): Promise<ReturnType<typeof parseDaemon>> => {
    const { rc, stdout, stderr } = await runScript({ code: `home=$1\n${LIST_PROCESSES}`, args: [home] });
    expect({ rc, stderr }).to.deep.equal({ rc: 0, stderr: '' });
    return parseDaemon(stdout);
  };

  it('are none without a daemon', async () => {
    expect(await list()).to.deep.equal({ pid: null, processes: [] });
  });

  it('are none when the pid file of the daemon names another program', async () => {
    writeFileSync(join(home, 'pm2.pid'), String(process.pid));
    writeFileSync(join(home, 'pids/app-0.pid'), String(process.pid));
    expect(await list()).to.deep.equal({ pid: null, processes: [] });
  });

  it('are the living children of the daemon', async () => {
    // A shell whose arguments look as PM2's title does, with a child for each pid file.
    const code = `PM2_HOME= unstable_restarts=3 sleep 20 & echo $! >"$1/pids/my-app-0.pid"; sleep 20 & echo $! >"$1/pids/my-app-12.pid"
      echo $$ >"$1/pids/stranger-3.pid"; echo 999999999 >"$1/pids/my-app-4.pid"; printf %s $$ >"$1/pm2.pid"; wait`;
    const daemon = runScript({
      code: `exec sh -c "$1" 'PM2 v7.0.0: God Daemon' "$2"`,
      args: [code, home],
      cwd: home,
    });
    try {
      let seen = await list();
      for (let tries = 0; tries < 100 && seen.processes.length < 2; tries++) seen = await list();
      expect(seen.pid).to.be.a('number');
      expect(
        processesOf(seen, 'my app').map(({ file, cwd, unstable }) => ({ file, cwd, unstable })),
      ).to.deep.equal([
        { file: 'my-app-0', cwd: home, unstable: 3 },
        { file: 'my-app-12', cwd: home, unstable: 0 },
      ]);
      expect(seen.processes[0]!.age).to.be.within(0, 20);
      expect(processesOf(seen, 'my')).to.deep.equal([]);
      for (const { pid } of seen.processes) process.kill(pid);
    } finally {
      await daemon;
    }
  });
});
