import { expect } from 'chai';
import fc from 'fast-check';
import {
  formatPrivileges,
  parseGrants,
  parsePrivileges,
  type Privileges,
} from '../../../src/resources/mysql/privileges.js';

const plain = (privileges: Privileges): Record<string, string[]> =>
  Object.fromEntries([...privileges].map(([target, names]) => [target, [...names].sort()]));

describe('parsePrivileges', () => {
  it('reads texts and objects alike', () => {
    const wanted = { '`app`.*': ['GRANT OPTION', 'INSERT', 'SELECT'], '*.*': ['REPLICATION CLIENT'] };
    expect(plain(parsePrivileges('app.*:select, INSERT,grant/*.*:BINLOG  MONITOR'))).to.deep.equal(wanted);
    expect(
      plain(parsePrivileges({ 'app.*': 'SELECT,INSERT,GRANT', '*.*': ['REPLICATION CLIENT'] })),
    ).to.deep.equal(wanted);
  });

  it('reads columns, routines and names that need quotes', () => {
    expect(
      plain(
        parsePrivileges(
          '`a/b:c`.`t.u`:SELECT (X, `y``z`),UPDATE(q)/PROCEDURE app.Do_It:EXECUTE/my\\_db.*:USAGE',
        ),
      ),
    ).to.deep.equal({
      '`a/b:c`.`t.u`': ['SELECT (`x`)', 'SELECT (`y``z`)', 'UPDATE (`q`)'],
      'PROCEDURE `app`.`do_it`': ['EXECUTE'],
      '`my\\_db`.*': [],
    });
  });

  for (const text of ['app', 'app:SELECT', 'app.*', 'app.t:SELECT (a', 'app.:SELECT']) {
    it(`refuses ${text}`, () => expect(() => parsePrivileges(text)).to.throw(SyntaxError));
  }
});

describe('parseGrants', () => {
  it('reads what servers print', () => {
    expect(
      plain(
        parseGrants([
          "GRANT PROCESS, BINLOG MONITOR ON *.* TO `app`@`localhost` IDENTIFIED BY PASSWORD '*51' REQUIRE SSL WITH GRANT OPTION MAX_USER_CONNECTIONS 5",
          'GRANT SELECT (`host`, `user`), UPDATE (`user`) ON `mysql`.`global_priv` TO `app`@`localhost`',
          'GRANT EXECUTE ON FUNCTION `a`.`f` TO `app`@`localhost`',
          "GRANT USAGE ON `with ON and TO`.* TO 'a TO b'@'%'",
          'GRANT `reader`@`%` TO `app`@`localhost`',
          "GRANT PROXY ON ''@'%' TO 'root'@'localhost' WITH GRANT OPTION",
          'REVOKE INSERT ON `db`.* FROM `app`@`localhost`',
          'SET DEFAULT ROLE `r` FOR `app`@`localhost`',
        ]),
      ),
    ).to.deep.equal({
      '*.*': ['GRANT OPTION', 'PROCESS', 'REPLICATION CLIENT'],
      '`mysql`.`global_priv`': ['SELECT (`host`)', 'SELECT (`user`)', 'UPDATE (`user`)'],
      'FUNCTION `a`.`f`': ['EXECUTE'],
      '`with ON and TO`.*': [],
    });
  });

  it('reads back what is granted', () => {
    const identifier = fc.string({ unit: 'grapheme-ascii', minLength: 1, maxLength: 12 });
    const quoted = identifier.map((name) => `\`${name.replaceAll('`', '``')}\``);
    const names = fc.uniqueArray(
      fc.constantFrom(
        'SELECT',
        'INSERT',
        'CREATE TEMPORARY TABLES',
        'GRANT OPTION',
        'UPDATE (`a`)',
        'UPDATE (`b c`)',
      ),
      { minLength: 1 },
    );
    fc.assert(
      fc.property(quoted, quoted, names, (database, table, granted) => {
        const list = formatPrivileges(granted.filter((name) => name !== 'GRANT OPTION')) || 'USAGE';
        const option = granted.includes('GRANT OPTION') ? ' WITH GRANT OPTION' : '';
        const parsed = parseGrants([`GRANT ${list} ON ${database}.${table} TO \`u\`@\`h\`${option}`]);
        expect(plain(parsed)).to.deep.equal({ [`${database}.${table}`]: [...granted].sort() });
        expect(plain(parsePrivileges({ [`${database}.${table}`]: granted }))).to.deep.equal(plain(parsed));
      }),
    );
  });
});
