import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import fc from 'fast-check';
import { ConfigurationError } from '../../src/errors.js';
import { evaluateSshConfig, type Asked } from '../../src/inventory/evaluate-ssh-config.js';
import { readSshConfig } from '../../src/inventory/read-ssh-config.js';
import { parseSshConfig, type SshConfigFile } from '../../src/inventory/ssh-config.js';

const parse = (text: string): SshConfigFile => parseSshConfig(text, { file: 'config', include: () => [] });
const evaluate = (text: string, asked: Partial<Asked> = {}): string[] =>
  evaluateSshConfig([parse(text)], { host: 'web1', localUser: 'me', ...asked }).map(
    ({ name, words, where }) => `${where} ${name} ${words.join('|')}`,
  );

describe('ssh configuration files', () => {
  it('know the line of every option', () => {
    const text =
      '# a comment\n\n  Port 22\nHost a web1 # names\n\n\tUser=one\n\t# more\n\n\tIdentityFile "~/a b"\r\nHost *\nUserKnownHostsFile /a "/b c"\n';
    expect(evaluate(text)).to.deep.equal([
      'config:3 Port 22',
      'config:6 User one',
      'config:9 IdentityFile ~/a b',
      'config:11 UserKnownHostsFile /a|/b c',
    ]);
  });

  it('are refused with the line where ssh would not take them', () => {
    for (const [text, line] of [
      ['Port 22\nCompression\nRevokedHostKeys /x\n', 2],
      ['\nRevokedHostKeys\n\nHost x\n', 2],
      ['"Port" 22\n', 1],
    ] as const) {
      expect(() => parse(text), text)
        .to.throw(ConfigurationError, /is not an option with a value/)
        .with.nested.property('position.line', line);
    }
  });

  describe('conditions', () => {
    const holds = (condition: string, asked: Partial<Asked> = {}, before = ''): boolean =>
      evaluate(`${before}${condition}\n  Port 99\n`, asked).some((line) => line.endsWith('Port 99'));

    for (const [condition, expected] of [
      ['Host web1', true],
      ['Host WEB1', false],
      ['Host web*', true],
      ['Host a web?', true],
      ['Host * !web1', false],
      ['Host !web1 *', false],
      ['Match all', true],
      ['Match final all', true],
      ['Match canonical', false],
      ['Match host WEB1', true],
      ['Match host a,web*', true],
      ['Match host *,!web1', false],
      ['Match !host a', true],
      ['Match !host web1', false],
      ['Match originalhost web1 localuser me', true],
      ['Match user me', true],
      ['Match user other', false],
      ['Match localuser you', false],
      ['Match host other exec "true"', false],
    ] as const) {
      it(`${expected ? 'hold' : 'do not hold'}: ${condition}`, () => {
        expect(holds(condition)).to.equal(expected);
      });
    }

    it('know the name and the user that were found before', () => {
      expect(holds('Match host real', {}, 'Host web1\n HostName real\n User u\n')).to.equal(true);
      expect(holds('Match user u', {}, 'Host web1\n User u\n')).to.equal(true);
      expect(holds('Match user given', { user: 'given' }, 'Host web1\n User u\n')).to.equal(true);
      expect(holds('Match tagged t*', {}, 'Host web1\n Tag this\n')).to.equal(true);
    });

    it('that cannot be decided are an error where they decide on trust, and left out elsewhere', () => {
      expect(evaluate('Match exec "test -e /x"\n  User other\n  ProxyJump gate\n')).to.deep.equal([]);
      for (const condition of [
        'exec "test -e /x"',
        'localnetwork 10.0.0.0/8',
        '!exec "false"',
        'host web1 exec a',
      ]) {
        expect(() => evaluate(`\nMatch ${condition}\n  Port 5\n  revokedhostkeys /x\n`), condition)
          .to.throw(ConfigurationError, /revokedhostkeys stands under "Match .*cannot be decided/)
          .with.nested.property('position.line', 4);
      }
      expect(() => evaluate('Match exec a\n Match host b\n  KexAlgorithms x\n')).not.to.throw();
      // It would not count: the first value wins.
      expect(evaluate('CheckHostIP yes\nMatch exec a\n CheckHostIP no\n')).to.deep.equal([
        'config:1 CheckHostIP yes',
      ]);
    });

    it('may hold under a canonical name: the same for what stands under other names', () => {
      const text = (option: string): string => `CanonicalizeHostname yes\nHost *.example\n  ${option}\n`;
      expect(evaluate(text('User x'))).to.deep.equal(['config:1 CanonicalizeHostname yes']);
      expect(() => evaluate(text('Ciphers aes256-ctr'))).to.throw(
        ConfigurationError,
        /Ciphers stands under "Host \*\.example, with CanonicalizeHostname"/,
      );
    });
  });

  describe('on the disk', () => {
    let home: string;
    const at = (...names: string[]): string => join(home, ...names);
    beforeEach(() => {
      home = mkdtempSync(join(tmpdir(), 'ssh-config-'));
      for (const folder of ['.ssh/more', 'etc/ssh_config.d']) mkdirSync(at(folder), { recursive: true });
    });
    afterEach(() => rmSync(home, { recursive: true }));
    const read = (): string[] =>
      evaluateSshConfig(readSshConfig(home, at('etc')), { host: 'web1', localUser: 'me' }).map(
        ({ name, words, where }) => `${where.replace(home, '')} ${name} ${words.join('|')}`,
      );

    it("are read in ssh's order, with what they include", () => {
      writeFileSync(at('.ssh/config'), 'Include more/*.conf ~/.ssh/none\nHost web1\n  Include sub\nPort 1\n');
      writeFileSync(at('.ssh/more/b.conf'), 'User b\n');
      writeFileSync(at('.ssh/more/.hidden.conf'), 'User hidden\n');
      writeFileSync(at('.ssh/more/a.conf'), 'Host other\nUser a\n');
      writeFileSync(at('.ssh/sub'), 'Host x\nCiphers no\nHost web1\nMACs yes\n');
      writeFileSync(at('etc/ssh_config'), `Include ${at('etc')}/ssh_config.d/*.conf\nHashKnownHosts yes\n`);
      writeFileSync(at('etc/ssh_config.d/10.conf'), 'Match final all\nKexAlgorithms k\n');
      expect(read()).to.deep.equal([
        '~/.ssh/more/b.conf:1 User b',
        '~/.ssh/sub:4 MACs yes',
        '~/.ssh/config:4 Port 1',
        '~/etc/ssh_config:2 HashKnownHosts yes',
        // read once more, for `Match final`
        'Match final HostName web1',
        '~/.ssh/more/b.conf:1 User b',
        '~/.ssh/sub:4 MACs yes',
        '~/.ssh/config:4 Port 1',
        '~/etc/ssh_config.d/10.conf:2 KexAlgorithms k',
        '~/etc/ssh_config:2 HashKnownHosts yes',
      ]);
    });

    it('are nothing where they are not there, and an error where they cannot be read or resolved', () => {
      expect(read()).to.deep.equal([]);
      writeFileSync(at('.ssh/config'), 'Include ~other/x\n');
      expect(read).to.throw(ConfigurationError, /~\/\.ssh\/config:1: Include ~other\/x cannot be resolved/);
      writeFileSync(at('.ssh/config'), 'Include more/[ab].conf\n');
      expect(read).to.throw(ConfigurationError, /cannot be resolved/);
      writeFileSync(at('.ssh/config'), 'Include config\n');
      expect(read).to.throw(ConfigurationError, /include each other/);
      if (process.getuid?.() === 0) return;
      chmodSync(at('.ssh/config'), 0);
      expect(read).to.throw(ConfigurationError, /cannot be read/);
    });
  });

  it('mean what ssh makes of them', function () {
    this.timeout(60_000);
    if (spawnSync('ssh', ['-V']).status !== 0) this.skip();
    const folder = mkdtempSync(join(tmpdir(), 'ssh-config-'));
    const file = join(folder, 'config');
    const name = fc.constantFrom('web1', 'web2', 'real', '*', 'web?', '!web1', 'r*,web2', '!real,*');
    const names = fc.array(
      name.filter((one) => !one.includes(',')),
      { minLength: 1, maxLength: 3 },
    );
    const criterion = fc.oneof(
      fc
        .tuple(fc.constantFrom('host', '!host', 'originalhost', 'user', '!user'), name)
        .map((pair) => pair.join(' ')),
      fc.constantFrom('final', 'canonical'),
    );
    const head = fc.oneof(
      names.map((list) => `Host ${list.join(' ')}`),
      fc.array(criterion, { minLength: 1, maxLength: 3 }).map((list) => `Match ${list.join(' ')}`),
      fc.constantFrom('Match all', 'Match final all'),
    );
    const option = fc.constantFrom(
      'Port 1001',
      'Port=1002',
      'User web1',
      'User "real"',
      'HostName real',
      'HostName web2',
      'StrictHostKeyChecking accept-new',
      'HostKeyAlias a',
      'HostKeyAlias b',
      'RequiredRSASize 2048',
      'RequiredRSASize = 3072 # enough',
    );
    const section = fc
      .tuple(head, fc.array(option, { maxLength: 3 }))
      .map(([first, options]) => [first, ...options]);
    const asKnown = {
      port: '22',
      user: userInfo().username,
      hostname: 'web1',
      hostkeyalias: '',
      requiredrsasize: '1024',
    };
    fc.assert(
      fc.property(fc.array(section, { minLength: 1, maxLength: 4 }), (sections) => {
        const text = `${sections.flat().join('\n')}\n`;
        writeFileSync(file, text);
        const ran = spawnSync('ssh', ['-G', '-F', file, 'web1'], { encoding: 'utf8' });
        expect(ran.status, ran.stderr).to.equal(0);
        const theirs = new Map(
          ran.stdout.split('\n').map((line) => [line.split(' ')[0]!, line.split(' ').slice(1).join(' ')]),
        );
        const ours = new Map<string, string>();
        for (const { name, words } of evaluateSshConfig([parse(text)], {
          host: 'web1',
          localUser: userInfo().username,
        }))
          if (!ours.has(name.toLowerCase())) ours.set(name.toLowerCase(), words.join(' '));
        for (const [key, value] of Object.entries(asKnown))
          expect(ours.get(key) ?? value, `${key} of\n${text}`).to.equal(theirs.get(key) ?? '');
      }),
      { numRuns: 120 },
    );
    rmSync(folder, { recursive: true });
  });
});
