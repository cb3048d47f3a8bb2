import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { ensureAccess } from '../../src/cluster/keys.js';
import { defaultRoots } from '../../src/cluster/paths.js';
import type { ClusterSpec } from '../../src/cluster/spec.js';
import { sshCommand } from '../../src/cluster/ssh.js';

const web1 = { name: 'web1', address: '10.77.0.21', user: 'admin', suite: undefined };
const db1 = { ...web1, name: 'db1', address: '10.77.0.41' };
const spec: ClusterSpec = {
  name: 'demo',
  subnet: '10.77.0.0/24',
  gateway: '10.77.0.1',
  hosts: [web1, db1],
  reserved: [],
};

describe('access to a cluster', () => {
  let project: string;
  before(async () => {
    project = await mkdtemp(join(tmpdir(), 'access with space-'));
  });
  after(() => rm(project, { recursive: true }));

  it('pins the key of every host in files that only the owner reads', async () => {
    const access = await ensureAccess(defaultRoots(project), spec, undefined);
    const known = await readFile(access.knownHostsFile, 'utf8');
    const key = (host: string) => access.hostKeys.get(host)!.shared.split(' ')[1]!;
    expect(known).to.equal(`10.77.0.21 ssh-ed25519 ${key('web1')}\n10.77.0.41 ssh-ed25519 ${key('db1')}\n`);
    for (const file of [access.identityFile, access.knownHostsFile]) {
      expect((await stat(file)).mode & 0o777, file).to.equal(0o600);
    }
  });

  it('keeps keys that are there and makes those of new hosts', async () => {
    const roots = defaultRoots(project);
    const before = await ensureAccess(roots, spec, undefined);
    const after = await ensureAccess(
      roots,
      { ...spec, hosts: [...spec.hosts, { ...web1, name: 'web2', address: '10.77.0.22' }] },
      undefined,
    );
    expect(after.loginKey).to.equal(before.loginKey);
    expect(after.hostKeys.get('web1')).to.deep.equal(before.hostKeys.get('web1'));
    expect(after.hostKeys.get('web2')!.secret).to.contain('OPENSSH PRIVATE KEY');
    expect((await readFile(after.knownHostsFile, 'utf8')).split('\n')).to.have.length(4);
  });

  it('is strict and does not read the settings of the user', () => {
    const argv = sshCommand(defaultRoots('/site'), 'demo', web1, [], ['uname', '-a']);
    expect(argv.slice(0, 3)).to.deep.equal(['ssh', '-F', '/dev/null']);
    expect(argv).to.include.members([
      'IdentityFile="/site/.provision/cluster/demo/id_ed25519"',
      'UserKnownHostsFile="/site/.provision/cluster/demo/known_hosts"',
      'StrictHostKeyChecking=yes',
      'IdentitiesOnly=yes',
    ]);
    expect(argv.slice(-6)).to.deep.equal(['-l', 'admin', '--', '10.77.0.21', 'uname', '-a']);
  });
});
