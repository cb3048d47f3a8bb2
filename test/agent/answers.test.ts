import { expect } from 'chai';
import fc from 'fast-check';
import { parseFacts } from '../../src/agent/facts.js';
import type { PartOutput } from '../../src/agent/part.js';
import type { Query, Refused, UnitAnswer, UnitQuery } from '../../src/agent/query.js';
import { batchQueries } from '../../src/agent/queries/index.js';
import { listen } from '../../src/agent/queries/kernel.js';
import { candidates, packages } from '../../src/agent/queries/packages.js';
import { sql } from '../../src/agent/queries/sql.js';
import { unit } from '../../src/agent/queries/unit.js';

const said = (stdout: string, stderr = ''): PartOutput => ({
  rc: 0,
  stdout: Buffer.from(stdout),
  stderr: Buffer.from(stderr),
});

describe('what programs answer', () => {
  it('ss: addresses of both families, scopes, processes', () => {
    const text = [
      'udp   UNCONN 0      0          127.0.0.53%lo:53         0.0.0.0:*    users:(("systemd-resolve",pid=1,fd=13))',
      'tcp   LISTEN 0      4096             0.0.0.0:80         0.0.0.0:*    users:(("nginx",pid=9,fd=6),("nginx",pid=8,fd=6))',
      'tcp   LISTEN 0      4096                   *:3306             *:*    ',
      'tcp   LISTEN 0      4096                [::]:22            [::]:*    users:(("sshd",pid=3,fd=4))',
      'nonsense',
    ].join('\n');
    expect(listen.parse([{ kind: 'listen' }], [said(text)])[0]?.sockets).to.deep.equal([
      { protocol: 'udp', address: '127.0.0.53', port: 53, process: 'systemd-resolve' },
      { protocol: 'tcp', address: '0.0.0.0', port: 80, process: 'nginx' },
      { protocol: 'tcp', address: '::', port: 3306, process: '' },
      { protocol: 'tcp', address: '::', port: 22, process: 'sshd' },
    ]);
  });

  const block = (id: string, names: string, state: string): string =>
    `MainPID=7\nNRestarts=2\nId=${id}\nNames=${names}\nLoadState=${state.split(' ')[0]}\nActiveState=${state.split(' ')[1]}\nSubState=running\nUnitFileState=enabled\nNeedDaemonReload=yes\n`;
  const asked = (...names: string[]): UnitQuery[] => names.map((name) => ({ kind: 'unit', name }));
  const told = (answer: UnitAnswer | Refused | undefined): string =>
    answer === undefined || 'refused' in answer
      ? `refused: ${String(answer?.refused.message)}`
      : `${answer.id} ${answer.load} ${answer.active} ${answer.enabled}`;

  it('systemctl: each unit by its name or alias; of one that it says nothing about nothing is known', () => {
    const text = `${block('ssh.service', 'sshd.service ssh.service', 'loaded active')}\n${block('nginx.service', 'nginx.service', 'loaded failed')}`;
    const answers = unit.parse(asked('nginx.service', 'sshd.service', 'none.service'), [
      said(text),
      said(''),
    ]);
    expect(answers.map(told)).to.deep.equal([
      'nginx.service loaded failed enabled',
      'ssh.service loaded active enabled',
      'refused: systemctl did not say anything about none.service',
    ]);
    expect(answers[1]).to.deep.equal({
      id: 'ssh.service',
      load: 'loaded',
      active: 'active',
      sub: 'running',
      enabled: 'enabled',
      mainPid: 7,
      needReload: true,
      restarts: 2,
    });
  });

  it('systemctl: a template is asked apart from the units, which it would end the list of', () => {
    const pieces = unit.compile(asked('getty@.service', 'x@.socket', 'ssh.service')).map(String);
    expect(pieces[0]).to.include('ssh.service').and.not.include('@.');
    expect(pieces[1]).to.match(/list-unit-files .* -- getty@\.service x@\.socket$/);
    const answers = unit.parse(asked('getty@.service', 'off@.service', 'none@.service', 'ssh.service'), [
      said(block('ssh.service', 'ssh.service', 'loaded active')),
      said('getty@.service enabled enabled\noff@.service masked enabled\n'),
    ]);
    expect(answers.map(told)).to.deep.equal([
      'getty@.service loaded inactive enabled',
      'off@.service masked inactive masked',
      'none@.service not-found inactive ',
      'ssh.service loaded active enabled',
    ]);
  });

  it('systemctl: the alias of a disabled unit is in its file, and that of two units is nobody’s', () => {
    const none = (name: string): string => block(name, name, 'not-found inactive');
    const text = [
      none('sshd.service'),
      none('dm.service'),
      'alias /usr/lib/systemd/system/ssh.service:Alias=sshd.service\nalias /usr/lib/systemd/system/a.service:Alias=x.service dm.service\nalias /usr/lib/systemd/system/b.service:Alias=dm.service\n',
      block('ssh.service', 'ssh.service', 'loaded active'),
    ].join('\n');
    const answers = unit.parse(asked('sshd.service', 'dm.service'), [said(text), said('')]);
    expect(answers.map(told)).to.deep.equal([
      'ssh.service loaded active enabled',
      'dm.service not-found inactive enabled',
    ]);
  });

  it('os-release: what Ansible makes of it, also where it names no version', () => {
    const facts = (...lines: string[]): unknown[] => {
      const all = parseFacts(`==> /etc/os-release <==\n${lines.join('\n')}\n`) as Record<string, unknown>;
      return ['distribution_version', 'distribution_major_version', 'distribution_release'].map(
        (name) => all[name],
      );
    };
    const debian = ['ID=debian', 'NAME="Debian GNU/Linux"'];
    expect(
      facts(
        ...debian,
        'PRETTY_NAME="Debian GNU/Linux 13 (trixie)"',
        'VERSION_ID="13"',
        'VERSION_CODENAME=trixie',
      ),
    ).to.deep.equal(['13', '13', 'trixie']);
    expect(
      facts(...debian, 'PRETTY_NAME="Debian GNU/Linux forky/sid"', 'VERSION_CODENAME=forky'),
    ).to.deep.equal(['forky/sid', 'forky/sid', 'forky']);
    expect(facts('ID=arch', 'NAME="Arch Linux"', 'PRETTY_NAME="Arch Linux"')).to.deep.equal([
      'NA',
      'NA',
      'NA',
    ]);
    expect(facts()).to.deep.equal([undefined, undefined, undefined]);
  });

  it('dpkg-query: only what is installed, by architecture too', () => {
    const text =
      'a\tamd64\tinstalled\t1.0\nb\tall\tconfig-files\t2.0\nc\tamd64\ttriggers-pending\t3.0\na\ti386\tinstalled\t1.1\n';
    const names = ['a', 'a:i386', 'b', 'c', 'd'];
    const answers = packages.parse(
      names.map((name) => ({ kind: 'package', name })),
      [said(text)],
    );
    expect(answers.map(({ version }) => version)).to.deep.equal(['1.0', '1.1', null, '3.0', null]);
  });

  it('apt-cache: the candidate, if there is one', () => {
    const text =
      'a:\n  Installed: (none)\n  Candidate: 1:2-3\n  Version table:\n     1:2-3 500\nb:\n  Installed: 1\n  Candidate: (none)\n';
    const answers = candidates.parse(
      ['a', 'b', 'c'].map((name) => ({ kind: 'candidate', name })),
      [said(text)],
    );
    expect(answers.map(({ version }) => version)).to.deep.equal(['1:2-3', null, null]);
  });

  describe('the database client', () => {
    const statements = [
      'SELECT 1',
      'SELECT nope\nFROM nothing',
      'SELECT a -- a comment\nFROM t;',
      'SELECT none',
    ];
    const queries = statements.map((text) => ({ kind: 'sql', sql: text }) as const);
    const number = (index: number): string =>
      `<?xml version="1.0"?>\n<resultset statement="SELECT 'provision ${index}'" xmlns:xsi="x"><row><field name="provision ${index}">provision ${index}</field></row></resultset>\n`;

    it('rows, NULL and text apart; an error belongs to its statement', () => {
      const out = `${number(0)}<resultset statement="SELECT 1"><row><field name="1">1</field></row></resultset>${number(1)}${number(2)}<resultset statement="x &gt; y">
  <row>
	<field name="a">a &amp;lt; b&lt;/field&gt;</field>
	<field name="b" xsi:nil="true" />
  </row><row><field name="a">NULL</field><field name="b"></field></row>
</resultset>${number(3)}`;
      const error = "ERROR 1146 (42S02) at line 5: Table 'x.nothing' doesn't exist";
      const answers = sql.parse(queries, [said(''), said(out, `${error}\n`)]);
      expect(answers).to.deep.equal([
        { rows: [['1']] },
        { error },
        {
          rows: [
            ['a &lt; b</field>', null],
            ['NULL', ''],
          ],
        },
        { rows: [] },
      ]);
    });

    it('no server, no client: an error for every statement', () => {
      const down =
        "ERROR 2002 (HY000): Can't connect to local server through socket '/run/mysqld/mysqld.sock' (2)";
      expect(sql.parse(queries, [said(''), said('', `${down}\n`)])).to.deep.equal(
        queries.map(() => ({ error: down })),
      );
      const missing = 'no mariadb or mysql client is installed';
      expect(sql.parse(queries, [said('', `${missing}\n`), said('')])).to.deep.equal(
        queries.map(() => ({ error: missing })),
      );
    });
  });

  it('hold local facts by the names of their files, those that are JSON', () => {
    const text =
      '==> local <==\napp-shop\t{"release": "1.0",\t"list": [1]}\nother\t[general]key=1\n==> user <==\nroot\n';
    expect(parseFacts(`\n${text}`)).to.deep.include({
      local: { 'app-shop': { release: '1.0', list: [1] } },
      user_id: 'root',
    });
    expect(parseFacts('')['local']).to.deep.equal({});
  });

  it('may be anything: no kind throws on it', () => {
    const queries: Query[] = [
      { kind: 'file', path: '/a' },
      { kind: 'package', name: 'a' },
      { kind: 'candidate', name: 'a' },
      { kind: 'unit', name: 'a' },
      { kind: 'user', name: 'a' },
      { kind: 'group', name: 'a' },
      { kind: 'sysctl', name: 'a' },
      { kind: 'listen' },
      { kind: 'facts' },
      { kind: 'markers' },
      { kind: 'sql', sql: 'SELECT 1' },
      { kind: 'command', argv: ['a'] },
    ];
    const batches = batchQueries(queries);
    const noise = fc.string({
      unit: fc.constantFrom(
        '\0',
        '\n',
        ':',
        '=',
        '\t',
        'a',
        '/',
        '%',
        '<row>',
        '[{',
        '}]',
        '==> ',
        ' <==',
        '9',
        ' ',
      ),
      maxLength: 60,
    });
    fc.assert(
      fc.property(fc.array(noise, { minLength: 3, maxLength: 3 }), noise, (outs, err) => {
        for (const batch of batches) {
          const answers = batch.read(
            batch.parts.map((_part, index) => said(outs[index % 3]!, err)),
            () => undefined,
          );
          expect(answers).to.have.length(1);
        }
        for (const batch of batches) expect(batch.read([], () => undefined)).to.have.length(1);
        expect(parseFacts(outs.join('\n'))).to.be.an('object');
      }),
      { numRuns: 300 },
    );
  });
});
