import { expect } from 'chai';
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeCertificate } from '../../src/variables/certificate.js';

const configuration = `
defaults
    default-server inter 2s
frontend public
    bind *:80
backend web
    server web1 10.0.0.21:80 check
    server web2 10.0.0.22:8080 check
backend named
    server api api.example.com:443 check
`;

/** As haproxy 2.6 and 3.0 print it: of a server by name, \`srv_fqdn\` (18) is that name and \`srv_addr\` (5) what it was found to be. */
const line = (backend: string, server: string, address: string, fqdn: string, port: number): string =>
  `5 ${backend} 1 ${server} ${address} 2 8 1 1 1078 15 3 4 6 0 0 0 ${fqdn} ${port} - 0 0 - - 0`;
const head = '1\n# be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state ...';

describe('files of roles/haproxy', () => {
  let dir = '';
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'haproxy-files-'));
  });
  afterEach(() => rmSync(dir, { recursive: true }));
  const run = (script: string, ...args: string[]): { status: number | null; stderr: string } =>
    spawnSync('sh', [`roles/haproxy/files/${script}`, ...args], {
      encoding: 'utf8',
      env: { PATH: `${dir}:/usr/bin:/bin` },
    });

  describe('haproxy-save-state', () => {
    const saved = (...lines: string[]): string => savedUnder(configuration, ...lines);
    const savedUnder = (configured: string, ...lines: string[]): string => {
      writeFileSync(join(dir, 'haproxy.cfg'), configured);
      writeFileSync(join(dir, 'answer'), [head, ...lines, '', ''].join('\n'));
      writeFileSync(join(dir, 'socat'), `#!/bin/sh\ncat >/dev/null\ncat '${dir}/answer'\n`);
      chmodSync(join(dir, 'socat'), 0o755);
      const { status, stderr } = run(
        'haproxy-save-state',
        '/s',
        join(dir, 'haproxy.cfg'),
        join(dir, 'state'),
      );
      expect(status, stderr).to.equal(0);
      return readFileSync(join(dir, 'state'), 'utf8');
    };

    it('keeps what the new configuration has at the same address', () => {
      const kept = [
        line('web', 'web1', '10.0.0.21', '-', 80),
        line('web', 'web2', '10.0.0.22', '-', 8080),
        line('named', 'api', '192.0.2.7', 'api.example.com', 443),
      ];
      expect(saved(...kept)).to.equal(`${[head, ...kept].join('\n')}\n`);
      expect(statSync(join(dir, 'state')).mode & 0o777).to.equal(0o600);
    });

    it('leaves out what has moved or is gone: haproxy would believe the file', () => {
      const moved = [
        line('web', 'web1', '10.0.0.99', '-', 80),
        line('web', 'web2', '10.0.0.22', '-', 80),
        line('other', 'web1', '10.0.0.21', '-', 80),
        line('named', 'api', '192.0.2.7', 'old.example.com', 443),
      ];
      expect(saved(...moved)).to.equal(`${head}\n`);
    });

    /** op_state and admin_state as given */
    const was = (server: string, state: number, admin = 0): string =>
      line('app', server, '10.0.0.31', '-', 80).replace(' 2 8 1 1 ', ` ${state} ${admin} 1 1 `);
    /** backend/server op_state admin_state of what is kept for servers of a backend "app" */
    const states = (lines: readonly string[], ...configured: string[]): string[] =>
      savedUnder(['defaults', '    default-server inter 2s', ...configured, ''].join('\n'), ...lines)
        .split('\n')
        .slice(2, -1)
        .map((text) => text.split(' '))
        .map((fields) => `${fields[1]}/${fields[3]} ${fields[5]} ${fields[6]}`);

    it('keeps nobody DOWN of whom no checks will be made: nothing would find it well again', () => {
      const at = 'server a 10.0.0.31:80';
      const cases: [string, string[], string][] = [
        ['checks go on', ['backend app', `${at} check`], 'app/a 0 0'],
        ['checks by an agent', ['backend app', `${at} agent-check agent-port 9`], 'app/a 0 0'],
        ['checks of the section', ['backend app', 'default-server check', at], 'app/a 0 0'],
        ['checks of a section "listen"', ['listen app', `${at} check`], 'app/a 0 0'],
        ['checks of the defaults', ['default-server check', 'backend app', at], 'app/a 0 0'],
        ['none', ['backend app', at], 'app/a 2 0'],
        ['the last word', ['backend app', `${at} check no-check`], 'app/a 2 0'],
        ['the section', ['backend app', 'default-server check', `${at} no-check`], 'app/a 2 0'],
        ['other defaults', ['default-server check', 'defaults', 'backend app', at], 'app/a 2 0'],
        [
          'named defaults',
          ['defaults one', 'default-server check', 'defaults two', 'backend app from one', at],
          'app/a 0 0',
        ],
        ['nobody to track', ['backend app', `${at} track other/a`], 'app/a 2 0'],
      ];
      for (const [name, configured, expected] of cases)
        expect(states([was('a', 0)], ...configured), name).to.deep.equal([expected]);
      expect(states([was('a', 0, 1)], 'backend app', at), 'what an administrator said').to.deep.equal([
        'app/a 2 1',
      ]);
    });

    it('has a server that tracks another one as that one is', () => {
      const tracking = [
        'backend app',
        'server a 10.0.0.31:80 track c',
        'server b 10.0.0.31:80 check',
        'server c 10.0.0.31:80 track app/b',
      ];
      expect(states([was('a', 0), was('b', 2), was('c', 0)], ...tracking)).to.deep.equal([
        'app/a 2 0',
        'app/b 2 0',
        'app/c 2 0',
      ]);
      expect(states([was('a', 2), was('b', 0), was('c', 2)], ...tracking)).to.deep.equal([
        'app/a 0 0',
        'app/b 0 0',
        'app/c 0 0',
      ]);
    });

    it('does not keep maintenance for a name that was not resolved', () => {
      expect(states([was('a', 0, 33)], 'backend app', 'server a 10.0.0.31:80 check')).to.deep.equal([
        'app/a 0 1',
      ]);
    });

    it('has a new server DOWN until its checks have passed, as long as another one serves', () => {
      const two = [
        'backend app',
        'server a 10.0.0.31:80 check',
        'server b 10.0.0.32:80 check',
        'server c api.example.com:80 check',
        'server d 10.0.0.34:80',
      ];
      expect(states([was('a', 2)], ...two)).to.deep.equal(['app/a 2 0', 'app/b 0 0']);
      expect(states([was('a', 0)], ...two)).to.deep.equal(['app/a 0 0']);
      expect(states([was('a', 2, 8)], ...two)).to.deep.equal(['app/a 2 8']);
    });
  });

  describe('haproxy-validate', () => {
    const program = (name: string, body: string): void => {
      writeFileSync(join(dir, name), `#!/bin/sh\n${body}\n`);
      chmodSync(join(dir, name), 0o755);
    };
    const validate = (...binds: string[]): { status: number | null; stderr: string } => {
      program(
        'ss',
        `cat <<'.'
LISTEN 0 128 0.0.0.0:22 0.0.0.0:* users:(("sshd",pid=1,fd=3))
LISTEN 0 128 [::]:22 [::]:* users:(("sshd",pid=1,fd=4))
LISTEN 0 128 127.0.0.1:8080 0.0.0.0:* users:(("nginx",pid=2,fd=3))
LISTEN 0 128 0.0.0.0:80 0.0.0.0:* users:(("haproxy",pid=3,fd=3))
.`,
      );
      program('ip', "echo '2: eth0    inet 10.0.0.11/24 brd 10.0.0.255 scope global eth0'");
      writeFileSync(
        join(dir, 'c'),
        ['frontend a', ...binds.map((bind) => `    bind ${bind}`), ''].join('\n'),
      );
      return run('haproxy-validate', join(dir, 'c'));
    };

    it('refuses what haproxy refuses, with what it says', () => {
      program('haproxy', "echo '[ALERT] unknown keyword' >&2; exit 1");
      const { status, stderr } = validate('*:80');
      expect(status).to.equal(1);
      expect(stderr).to.include('unknown keyword');
    });

    it('shows haproxy no states of servers: 2.6 warns of one that is drained', () => {
      program('haproxy', 'for file; do :; done; ! grep -n state "$file"; grep -c . "$file" >&2; exit 1');
      const { stderr } = validate(
        '*:80',
        '*:81',
        '*:82\n    server-state-file /x\n  load-server-state-from-file global',
      );
      expect(stderr).to.equal('6\n');
    });

    it('refuses a server whose name cannot be resolved: haproxy would go on without it', () => {
      program('haproxy', 'exit 0');
      program('getent', 'test "$2" != nowhere.example');
      const server = (address: string): string => `*:80\nbackend b\n    server one ${address} check`;
      expect(validate(server('nowhere.example:80'))).to.deep.include({
        status: 1,
        stderr: 'server one: the name nowhere.example cannot be resolved on this host\n',
      });
      for (const address of ['there.example:80', '10.0.0.1:80', '[::1]:80', '/run/nowhere.example'])
        expect(validate(server(address)).status, address).to.equal(0);
    });

    const cases = [
      { binds: ['*:80', ':443 ssl crt /x', '10.0.0.11:8080', 'unix@/run/x.sock', '/run/y.sock'], says: '' },
      { binds: ['*:443', '10.0.0.100:80 transparent', '127.0.0.1:8404'], says: '' },
      { binds: ['*:80', '*:22'], says: 'line 3: bind *:22: port 22 is taken by sshd' },
      { binds: ['10.0.0.11:80,10.0.0.11:22'], says: 'bind 10.0.0.11:22: port 22 is taken by sshd' },
      { binds: ['*:8080'], says: 'port 8080 is taken by nginx' },
      { binds: ['10.0.0.100:80'], says: '10.0.0.100 is no address of this host' },
    ];
    for (const { binds, says } of cases) {
      it(`${says === '' ? 'takes' : 'refuses'} bind ${binds.join(' and ')}`, function () {
        if (readFileSync('/proc/sys/net/ipv4/ip_nonlocal_bind', 'utf8').trim() !== '0') this.skip();
        program('haproxy', 'exit 0');
        const { status, stderr } = validate(...binds);
        expect(status, stderr).to.equal(says === '' ? 0 : 1);
        expect(stderr).to.include(says);
      });
    }
  });

  describe('certificate-validate', () => {
    const [first, second] = [makeCertificate({ names: ['a'] }), makeCertificate({ names: ['b'] })];
    const part = (pem: string, what: string): string =>
      new RegExp(`-----BEGIN ${what}-----[\\s\\S]*?-----END ${what}-----\n`).exec(pem)![0];
    const [certificate, key] = [part(first, 'CERTIFICATE'), part(first, 'PRIVATE KEY')];
    const cases = [
      { name: 'a certificate with its key', pem: first, says: '' },
      { name: 'the key before the certificate', pem: key + certificate, says: '' },
      {
        name: 'another key',
        pem: certificate + part(second, 'PRIVATE KEY'),
        says: 'belongs to another certificate',
      },
      { name: 'no key', pem: certificate, says: 'no private key' },
      { name: 'no certificate', pem: key, says: 'no certificate' },
      { name: 'something else', pem: 'hello\n', says: 'no certificate' },
    ];
    for (const { name, pem, says } of cases) {
      it(`${says === '' ? 'takes' : 'refuses'} ${name}`, () => {
        writeFileSync(join(dir, 'pem'), pem);
        const { status, stderr } = run('certificate-validate', join(dir, 'pem'));
        expect(status, stderr).to.equal(says === '' ? 0 : 1);
        expect(stderr).to.include(says);
      });
    }

    it('refuses one that has expired', () => {
      const made = spawnSync(
        'sh',
        [
          '-c',
          'openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=x -keyout k -out r 2>/dev/null && openssl x509 -req -in r -signkey k -days -1 -out c 2>/dev/null; cat c k > pem',
        ],
        { cwd: dir },
      );
      expect(made.status).to.equal(0);
      const { status, stderr } = run('certificate-validate', join(dir, 'pem'));
      expect(status).to.equal(1);
      expect(stderr).to.include('expired');
    });
  });
});
