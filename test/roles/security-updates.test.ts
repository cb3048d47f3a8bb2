import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';

const DAY = 86_400;

/** The program of the role common in a folder of its own, and what apt would say there. */
describe('security-updates', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'updates-'));
    for (const name of ['bin', 'lib/apt/lists', 'lib/apt/periodic', 'lib/dpkg'])
      mkdirSync(join(folder, name), { recursive: true });
    write('lib/dpkg/status', '');
    write('os-release', 'VERSION_CODENAME=trixie\n');
    write('debian_version', '13.8\n');
    program(
      'apt-cache',
      "echo ' release v=13,o=Debian,a=stable-security,n=trixie-security,l=Debian-Security,c=main'",
    );
    offers(
      'Inst nginx [1.26.3-3+deb13u10] (1.26.3-3+deb13u11 Debian-Security:13/stable-security [amd64])',
      'Inst openssl [3.5.6-1] (3.5.7-1 Debian:13.8/stable, Debian-Security:13/stable-security [amd64]) []',
      'Inst tzdata [2026a] (2026b Debian:13.8/stable [all])',
      'Inst new (1 Debian-Security:13/stable-security [all])',
      'Conf nginx (1.26.3-3+deb13u11 Debian-Security:13/stable-security [amd64])',
    );
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const write = (name: string, text: string): void => writeFileSync(join(folder, name), text);
  const program = (name: string, code: string): void =>
    writeFileSync(join(folder, 'bin', name), `#!/bin/sh\n${code}\n`, { mode: 0o755 });
  /** apt-get, as long as it is asked for the security archive of the release and for held packages, too */
  const offers = (...lines: string[]): void =>
    program(
      'apt-get',
      `case "$*" in *' -t trixie-security '*--ignore-hold*) ;; *) exit 100 ;; esac\ncat <<'END'\n${lines.join('\n')}\nEND`,
    );
  const age = (name: string, seconds: number): void => {
    const at = Date.now() / 1000 - seconds;
    utimesSync(join(folder, name), at, at);
  };
  function run(...args: string[]): { status: number | null; stdout: string } {
    const code = readFileSync('roles/common/files/security-updates', 'utf8')
      .replaceAll('/var/lib/', `${folder}/lib/`)
      .replaceAll('/etc/', `${folder}/`);
    const { status, stdout } = spawnSync('sh', ['-c', code, 'security-updates', ...args], {
      encoding: 'utf8',
      env: { ...process.env, PATH: `${folder}/bin:${process.env['PATH']}` },
    });
    return { status, stdout };
  }
  const notes = (): string[] =>
    readFileSync(join(folder, 'lib/provision/security-updates'), 'utf8').split('\n');
  const since = (name: string, seconds: number): void => {
    const at = Math.floor(Date.now() / 1000) - seconds;
    const lines = notes().map((line) =>
      line.startsWith(`${name} `) ? line.replace(/\d+$/, String(at)) : line,
    );
    write('lib/provision/security-updates', lines.join('\n'));
  };

  it('lists what the security archive has later versions of, and nothing else', () => {
    expect(run('list').stdout).to.equal(
      'nginx 1.26.3-3+deb13u10 1.26.3-3+deb13u11 -\nopenssl 3.5.6-1 3.5.7-1 -\n',
    );
  });

  it('fails at once for what the playbook upgrades, and says that it cannot know since when', () => {
    const { status, stdout } = run('check', '0', '2', 'nginx', 'nginx-*');
    expect(status).to.equal(1);
    expect(stdout).to.match(
      /^pending: nginx 1\.26\.3-3\+deb13u10 -> 1\.26\.3-3\+deb13u11, since the lists of \d{4}-\d\d-\d\d at the latest; /,
    );
    expect(stdout).not.to.contain('openssl');
  });

  it('says for how long, the longest first; what comes by itself has its days of grace', () => {
    run('note');
    since('nginx', 3600 * 5);
    since('openssl', 3 * DAY);
    expect(run('check', '0', '2', 'nginx').stdout).to.contain(
      'pending: openssl 3.5.6-1 -> 3.5.7-1 for 3 days; nginx 1.26.3-3+deb13u10 -> 1.26.3-3+deb13u11 for 5 hours;',
    );
    expect(run('check', '1', '2', 'nginx')).to.include({ status: 1 });
    expect(run('check', '1', '2', 'nginx').stdout).not.to.contain('nginx');
    expect(run('check', '2', '2', 'nginx').status).to.equal(0);
  });

  it('keeps since when, over a later version that mends more, and forgets what was installed', () => {
    run('note');
    since('nginx', 9 * DAY);
    offers('Inst nginx [1.26.3-3+deb13u10] (1.26.3-3+deb13u12 Debian-Security:13/stable-security [amd64])');
    run('note');
    expect(run('check', '0', '0').stdout).to.contain('deb13u12 for 9 days');
    expect(notes()).to.have.length(2);
    offers();
    run('note');
    expect(run('check', '0', '0')).to.deep.equal({ status: 0, stdout: '' });
  });

  it('asks apt again where something was installed or fetched since', () => {
    run('note');
    age('lib/apt/lists', 100);
    age('lib/dpkg/status', 100);
    offers();
    expect(run('list').stdout).to.contain('nginx');
    age('lib/dpkg/status', -100);
    expect(run('list').stdout).to.equal('');
  });

  it('fails where nobody knows: old lists, no security archive, apt in trouble', () => {
    age('lib/apt/lists', 8 * DAY);
    expect(run('check', '0', '0')).to.deep.equal({
      status: 1,
      stdout: 'the package lists are 8 days old: nobody knows what is pending; apt-get update fetches them\n',
    });
    age('lib/apt/lists', 0);
    program('apt-get', 'exit 100');
    expect(run('check', '0', '0')).to.deep.equal({
      status: 1,
      stdout: 'apt-get cannot say what is pending\n',
    });
    program('apt-cache', "echo ' release v=13,o=Debian,a=stable,n=trixie'");
    expect(run('check', '0', '0').stdout).to.contain('trixie-security is not among the sources of apt');
    write('debian_version', 'forky/sid\n');
    expect(run('check', '0', '0').status).to.equal(0);
  });
});
