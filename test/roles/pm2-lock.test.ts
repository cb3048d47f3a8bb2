import { expect } from 'chai';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { rolesOnHosts } from './support.js';

interface Lock {
  packages: Record<string, { version: string; integrity?: string; resolved?: string }>;
}

const shipped = resolve('roles/nodejs/files/pm2');
const read = (file: string): string => readFileSync(join(shipped, file), 'utf8');

async function values(
  extra: Record<string, unknown> = {},
): Promise<{ unlocked: string[]; folder: string; version: string }> {
  const { scope } = (await rolesOnHosts({ extra })).find(({ role }) => role.name === 'nodejs')!;
  return {
    unlocked: scope.get('pm2_unlocked') as string[],
    folder: String(scope.get('pm2_folder')),
    version: String(scope.get('pm2_version')),
  };
}

describe("PM2's lock file", () => {
  const lock = JSON.parse(read('package-lock.json')) as Lock;

  it('is for the version that the role installs, and holds the whole of it to a checksum', async () => {
    const { version, unlocked } = await values();
    expect(lock.packages['node_modules/pm2']?.version).to.equal(version);
    expect((JSON.parse(read('package.json')) as { dependencies: unknown }).dependencies).to.deep.equal({
      pm2: version,
    });
    expect(unlocked).to.deep.equal([]);
    expect(Object.keys(lock.packages)).to.have.length.above(50);
  });

  it('names no registry: the host takes its own', () => {
    for (const [path, { resolved }] of Object.entries(lock.packages))
      expect(resolved, path).to.equal(undefined);
  });

  it('is refused with anything that has no checksum, and installed elsewhere when it is another', async () => {
    const before = await values();
    const folder = mkdtempSync(join(tmpdir(), 'provision-lock-'));
    try {
      const packages: Lock['packages'] = {
        ...lock.packages,
        'node_modules/own': { version: '1.0.0', resolved: 'git+ssh://example' },
      };
      packages['node_modules/weak'] = { version: '1.0.0', integrity: 'sha1-2jmj7l5rSw0yVb/vlWAYkK/YBwk=' };
      writeFileSync(join(folder, 'package.json'), read('package.json'));
      writeFileSync(join(folder, 'package-lock.json'), JSON.stringify({ ...lock, packages }));
      const after = await values({ pm2_lock: folder });
      expect(after.unlocked).to.deep.equal(['node_modules/own', 'node_modules/weak']);
      expect(after.folder).to.match(/^\/usr\/local\/lib\/pm2\/7\.0\.4-[\da-f]{12}$/);
      expect(after.folder).to.not.equal(before.folder);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
