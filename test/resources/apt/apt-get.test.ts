import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { aptGet } from '../../../src/resources/apt/apt-get.js';
import type { AptParams } from '../../../src/resources/apt/params.js';

const params = { state: 'present', lock_timeout: 300, allow_downgrade: false } as AptParams;

/** The code around apt-get, with another program in its place. */
describe('aptGet', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'apt-'));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  function run(program: string, timeout: number): { status: number | null; stdout: string; stderr: string } {
    const file = join(folder, 'program');
    writeFileSync(file, `#!/bin/sh\ncd ${folder}\n${program}`, { mode: 0o755 });
    const { code } = aptGet(params, { verb: ['install'], packages: ['x'] });
    return spawnSync('sh', ['-c', code, 'sh', '', String(timeout), file, 'a b', '--'], { encoding: 'utf8' });
  }

  it('passes output, errors, arguments and the exit code on', () => {
    const { status, stdout, stderr } = run('printf "<%s>" "$@"; echo "E: no such package" >&2; exit 100', 10);
    expect({ status, stdout, stderr }).to.deep.equal({
      status: 100,
      stdout: '<a b><-->',
      stderr: 'E: no such package\n',
    });
  });

  it('waits while another program holds a lock', () => {
    const held = 'E: Could not get lock /var/lib/apt/lists/lock. It is held by process 1 (apt-get)';
    const { status, stdout } = run(
      `[ -e tried ] && { echo done; exit 0; }; : >tried; echo '${held}' >&2; exit 100`,
      10,
    );
    expect({ status, stdout }).to.deep.equal({ status: 0, stdout: 'done\n' });
  });

  it('gives up waiting', () => {
    const { status, stderr } = run(
      "echo x >>tries; echo 'E: Unable to lock directory /var/cache/apt/archives/' >&2; exit 100",
      1,
    );
    expect(status).to.equal(100);
    expect(stderr).to.contain('Unable to lock directory');
    expect(readFileSync(join(folder, 'tries'), 'utf8')).to.equal('x\nx\n');
  });

  it('gives the options before the verb and the packages after --', () => {
    const step = aptGet(
      { ...params, install_recommends: false, default_release: 'sid' },
      { verb: ['install'], packages: ['nginx', 'curl=1'] },
    );
    const tail = ['-o', 'APT::Install-Recommends=false', '-t', 'sid', 'install', '--', 'nginx', 'curl=1'];
    expect(step.args!.slice(-tail.length)).to.deep.equal(tail);
    expect(step.env).to.include({ DEBIAN_FRONTEND: 'noninteractive', NEEDRESTART_MODE: 'l' });
    expect(step.uninterruptible).to.equal(true);
  });
});
