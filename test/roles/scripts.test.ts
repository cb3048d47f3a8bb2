import { expect } from 'chai';
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Files of roles that are programs, or parts of programs. */
const scripts = readdirSync('roles').flatMap((role) => {
  const folder = join('roles', role, 'files');
  try {
    return readdirSync(folder)
      .map((name) => join(folder, name))
      .filter((file) => /^#!\/bin\/(ba)?sh|^# shellcheck shell=/.test(readFileSync(file, 'utf8')));
  } catch {
    return [];
  }
});

describe('scripts of roles', () => {
  it('pass shellcheck', function () {
    this.timeout(60_000);
    if (spawnSync('shellcheck', ['--version']).error) this.skip();
    expect(scripts).to.include('roles/mysql/files/mysql-backup');
    const { status, stdout } = spawnSync('shellcheck', ['--external-sources', ...scripts], {
      encoding: 'utf8',
    });
    expect(status, stdout).to.equal(0);
  });
});
