import { expect } from 'chai';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const day = 86_400_000;

describe('roles/mysql/files/mysql-backup.lib', () => {
  describe('expired', () => {
    it('keeps what is of the last days, and the newest whatever its age', () => {
      const now = Date.UTC(2026, 0, 31, 12);
      expect(expired([at(now - 6 * day), at(now - day), at(now - day + 1000)], now)).to.deep.equal([]);
      expect(expired([at(now - 400 * day)], now)).to.deep.equal([]);
      expect(expired([], now)).to.deep.equal([]);
    });

    it('keeps every backup of a day: the one before an accident is not replaced by the one after it', () => {
      const now = Date.UTC(2026, 0, 31, 12);
      const several = [9, 8, 7, 6, 5, 4, 3, 2, 1].map((hours) => at(now - hours * 3_600_000));
      expect(expired(several, now)).to.deep.equal([]);
    });

    it('leaves seven days and four weeks of nightly backups', function () {
      this.timeout(60_000);
      let there: string[] = [];
      const start = Date.UTC(2025, 11, 1, 2, 30);
      for (let night = 0; night < 45; night += 1) {
        const now = start + night * day;
        there.push(at(now));
        const gone = expired(there, now);
        there = there.filter((name) => !gone.includes(name));
      }
      const ages = there.map((name) => Math.round((start + 44 * day - timeOf(name)) / day));
      expect(ages.filter((age) => age < 7)).to.deep.equal([6, 5, 4, 3, 2, 1, 0]);
      // The Mondays before.
      expect(there.filter((name) => start + 44 * day - timeOf(name) >= 7 * day)).to.deep.equal([
        '20251215T023000Z',
        '20251222T023000Z',
        '20251229T023000Z',
        '20260105T023000Z',
      ]);
    });

    function expired(names: readonly string[], now: number): string[] {
      const { status, stdout, stderr } = bash(`expired ${Math.floor(now / 1000)}`, {
        input: names.map((name) => `${name}\n`).join(''),
      });
      expect(status, stderr).to.equal(0);
      return stdout.split('\n').filter((line) => line !== '');
    }
  });

  describe('status', () => {
    let dir = '';
    beforeEach(() => {
      dir = mkdtempSync(join(tmpdir(), 'provision-status-'));
    });
    afterEach(() => rmSync(dir, { recursive: true }));

    it('is JSON whatever went wrong, and keeps the time of the last success over failures', () => {
      const good = bash(`state=${dir}; status backup.json ok=true 'last_success="2026-01-31T02:30:00Z"'`);
      expect(good.status, good.stderr).to.equal(0);
      const cause = `it's "odd" \\ \t${String.fromCharCode(27)}[31m\nand more`;
      writeFileSync(join(dir, 'cause'), cause);
      for (let time = 0; time < 2; time += 1) {
        const bad = bash(
          `state=${dir}; status backup.json ok=false "error=$(json "$(cat ${dir}/cause)")" last_success=keep`,
        );
        expect(bad.status, bad.stderr).to.equal(0);
      }
      const read = JSON.parse(readFileSync(join(dir, 'backup.json'), 'utf8')) as Record<string, unknown>;
      expect(read).to.include({ ok: false, last_success: '2026-01-31T02:30:00Z' });
      expect(read['error']).to.equal(`it's "odd" \\  [31m and more`);
      expect(statSync(join(dir, 'backup.json')).mode & 0o777).to.equal(0o644);
    });

    it('knows of no success before the first one', () => {
      bash(`state=${dir}; status backup.json ok=false last_success=keep`);
      expect(JSON.parse(readFileSync(join(dir, 'backup.json'), 'utf8'))).to.include({ last_success: null });
    });
  });

  it('makes a file name of any database, and gets it back', () => {
    const said = bash(
      `format_of() { echo 2; }; for one in shop 'my shop' '.odd' '-x' 'a/b%2F' 'q\`"\\n'; do file=$(file_name "$one"); echo "$file"; [ "$(database_of any "/b/$file.sql.gz")" = "$one" ] || echo "not $one"; done`,
    );
    expect(said.stdout.split('\n'), said.stderr).to.deep.equal([
      'shop',
      'my shop',
      '%2Eodd',
      '%2Dx',
      'a%2Fb%252F',
      'q`"\\n',
      '',
    ]);
  });

  it('says in words what room there is', () => {
    const { status, stderr } = bash('room /proc 3145728 "the backup"');
    expect(status).to.equal(1);
    expect(stderr).to.equal(
      '/proc has 0 MiB free, and the backup takes about 3.0 MiB: make room there, or set another folder\n',
    );
    expect(bash('room /proc 0 "the backup"').stderr).to.match(/^\/proc has 0 MiB free/);
    expect(bash('room /tmp 1 "the backup"').status).to.equal(0);
  });

  it('writes any name and text for SQL', () => {
    expect(bash(`name 'a\`b'`).stdout).to.equal('`a``b`');
    expect(bash(`text "it's"`).stdout).to.equal("CONVERT(X'69742773' USING utf8mb4)");
  });
});

describe('roles/mysql/files/mysql-load.lib', () => {
  const dump = `/*!40101 SET @OLD_SQL_MODE=@@SQL_MODE, SQL_MODE='NO_AUTO_VALUE_ON_ZERO' */;
--
-- Table structure for table \`u\`
--
CREATE TABLE \`u\` (\`id\` int);
--
-- Dumping data for table \`u\`
--
LOCK TABLES \`u\` WRITE;
/*!40000 ALTER TABLE \`u\` DISABLE KEYS */;
INSERT INTO \`u\` VALUES (1),
(2);
/*!40000 ALTER TABLE \`u\` ENABLE KEYS */;
UNLOCK TABLES;
DELIMITER ;;
CREATE PROCEDURE p() BEGIN
/*
-- Final view structure for view \`x\`
UNLOCK TABLES;
*/ END ;;
DELIMITER ;
--
-- Final view structure for view \`v\`
--
CREATE VIEW v AS SELECT 1;
`;

  it('takes the locks of older dumps out, which refuse the sequences that defaults are, and nothing of a routine', () => {
    const all = loadable('first');
    expect(all).to.not.match(/LOCK TABLES \`u\`/);
    expect(all.match(/UNLOCK TABLES/g)).to.have.length(1);
    expect(all).to.include('INSERT INTO `u` VALUES (1),\n(2);').and.to.include('*/ END ;;\nDELIMITER ;\n');
    expect(all).to.not.include('CREATE VIEW');
    // A day that its month does not have is kept.
    expect(all).to.include("SQL_MODE='NO_AUTO_VALUE_ON_ZERO,ALLOW_INVALID_DATES'");
  });

  it('has the views by themselves, and the structure without rows', () => {
    const views = loadable('views');
    expect(views)
      .to.match(/^\/\*!40101 SET/)
      .and.to.include('CREATE VIEW v')
      .and.to.not.match(/CREATE (TABLE|PROCEDURE)/);
    const bare = loadable('first none');
    expect(bare)
      .to.include('CREATE TABLE')
      .and.to.include('CREATE PROCEDURE')
      .and.to.not.match(/INSERT|^\(2\)/m);
  });

  it('knows what an older backup has, which has no list', () => {
    const dir = mkdtempSync(join(tmpdir(), 'provision-backup-'));
    writeFileSync(
      join(dir, 'shop.sql'),
      `${dump}--\n-- Table structure for table \`h\`\n--\nCREATE TABLE \`h\` (\n) ENGINE=InnoDB WITH SYSTEM VERSIONING;\n--\n-- Sequence structure for \`s\`\`q\`\n`,
    );
    const said = bash(`gzip ${dir}/shop.sql; held ${dir} shop`, { lib: 'mysql-load.lib' });
    rmSync(dir, { recursive: true });
    expect(said.stdout, said.stderr).to.equal(
      'base table\tu\t\nsequence\ts`q\t\nsystem versioned\th\t\nview\tv\t\n',
    );
  });

  function loadable(how: string): string {
    const { status, stdout, stderr } = bash(`loadable ${how}`, { input: dump, lib: 'mysql-load.lib' });
    expect(status, stderr).to.equal(0);
    return stdout;
  }
});

function at(time: number): string {
  return `${new Date(time).toISOString().replace(/[-:]|\.\d+/g, '')}`;
}

function timeOf(name: string): number {
  return Date.parse(name.replace(/^(....)(..)(..)T(..)(..)(..)Z$/, '$1-$2-$3T$4:$5:$6Z'));
}

function bash(
  code: string,
  { input = '', lib = '' } = {},
): { status: number | null; stdout: string; stderr: string } {
  const more = lib === '' ? '' : `. roles/mysql/files/${lib};`;
  return spawnSync('bash', ['-c', `. roles/mysql/files/mysql-backup.lib; ${more} ${code}`], {
    encoding: 'utf8',
    input,
  });
}
