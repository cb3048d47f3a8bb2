import { expect } from 'chai';
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** What `keepalived -t` did with a file, and whether the file shall be taken. Seen with 2.2.7 and 2.3.3. */
const cases = [
  { name: 'a valid file', version: '2.3.3', status: 0, says: '', taken: true },
  { name: 'an unknown keyword', version: '2.3.3', status: 5, says: "Unknown keyword 'x'", taken: false },
  { name: '2.2.7, a valid file with a check script', version: '2.2.7', status: 143, says: '', taken: true },
  {
    name: '2.2.7, an unknown keyword and a check script',
    version: '2.2.7',
    status: 143,
    says: "Unknown keyword 'x'",
    taken: false,
  },
  { name: 'a signal from elsewhere', version: '2.3.3', status: 143, says: '', taken: false },
];

describe('roles/keepalived/files/keepalived-validate', () => {
  let dir = '';
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'keepalived-validate-'));
  });
  afterEach(() => rmSync(dir, { recursive: true }));

  for (const { name, version, status, says, taken } of cases) {
    it(`${taken ? 'takes' : 'refuses'} ${name}`, () => {
      fakeKeepalived({ version, status, says });
      writeFileSync(join(dir, 'candidate'), 'vrrp_instance a {}\n');
      const { status: seen, stderr } = validate(join(dir, 'candidate'));
      expect(seen).to.equal(taken ? 0 : 1);
      expect(stderr).to.include(says);
    });
  }

  it('refuses a file that is missing or empty, which keepalived takes', () => {
    fakeKeepalived({ version: '2.3.3', status: 0, says: '' });
    writeFileSync(join(dir, 'empty'), '');
    for (const file of ['missing', 'empty']) {
      const { status, stderr } = validate(join(dir, file));
      expect(status).to.equal(1);
      expect(stderr).to.include(`${file} is missing or empty`);
    }
  });

  function fakeKeepalived({
    version,
    status,
    says,
  }: {
    version: string;
    status: number;
    says: string;
  }): void {
    const program = join(dir, 'keepalived');
    writeFileSync(
      program,
      `#!/bin/sh
case $1 in
  --version) echo 'Keepalived v${version} (01/16,2022)' >&2 ;;
  *) printf %s "${says}" >&2; exit ${status} ;;
esac
`,
    );
    chmodSync(program, 0o755);
  }

  function validate(file: string): { status: number | null; stderr: string } {
    return spawnSync('sh', ['roles/keepalived/files/keepalived-validate', file], {
      encoding: 'utf8',
      env: { PATH: `${dir}:/usr/bin:/bin` },
    });
  }
});
