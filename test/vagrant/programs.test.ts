import { expect } from 'chai';
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const folder = fileURLToPath(new URL('../../vagrant', import.meta.url));

describe('programs in vagrant/', () => {
  it('pass shellcheck', function () {
    const scripts = ['build-lxc', 'customize-lxc'].map((name) => join(folder, 'boxes', name));
    const result = spawnSync('shellcheck', ['-s', 'sh', ...scripts], { encoding: 'utf8' });
    if (result.error) this.skip();
    expect(result.stdout).to.equal('');
  });

  it('are Ruby without a mistake in it', function () {
    const files = readdirSync(join(folder, 'lib')).map((name) => join(folder, 'lib', name));
    for (const file of [join(folder, 'Vagrantfile'), ...files]) {
      const result = spawnSync('ruby', ['-cw', file], { encoding: 'utf8' });
      if (result.error) this.skip();
      expect(result.stdout + result.stderr, file).to.equal('Syntax OK\n');
    }
  });

  it('know the names of the boxes and say which there are', () => {
    const ran = spawnSync(join(folder, 'boxes/build-lxc'), ['debian-31', 'out.box'], { encoding: 'utf8' });
    expect(ran.status).to.equal(1);
    expect(ran.stderr).to.equal(
      'error: there is no recipe for a box "debian-31"\n  try: one of debian-13, debian-12, ubuntu-24.04\n',
    );
  });
});
