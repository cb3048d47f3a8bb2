import { expect } from 'chai';
import { createCapped } from '../src/agent/capped.js';
import { parseFacts } from '../src/agent/facts.js';
import { createLines } from '../src/agent/lines.js';
import type { PartOutput } from '../src/agent/part.js';
import { Answers, type Query } from '../src/agent/query.js';
import { user, group } from '../src/agent/queries/accounts.js';
import { content } from '../src/agent/queries/content.js';
import { sum } from '../src/agent/queries/sum.js';
import { file } from '../src/agent/queries/file.js';
import { listen, sysctl } from '../src/agent/queries/kernel.js';
import { markers } from '../src/agent/queries/markers.js';
import { candidates, packages } from '../src/agent/queries/packages.js';
import { sql } from '../src/agent/queries/sql.js';
import { unit } from '../src/agent/queries/unit.js';
import { splitSignal } from '../src/agent/signal.js';
import { createSplitter } from '../src/agent/splitter.js';
import { excerpt } from '../src/checks/excerpt.js';
import { haproxyServers } from '../src/checks/haproxy_servers.js';
import { readResponse } from '../src/checks/http/expectation.js';
import { mysqlLogin } from '../src/checks/mysql_login.js';
import { contentDiff } from '../src/controller/content-diff.js';
import { tailOf } from '../src/controller/failure.js';
import { escapeControl } from '../src/errors.js';
import { parseForeignJson } from '../src/foreign-json.js';
import { editKeys } from '../src/resources/account/edit-keys.js';
import { parseKey } from '../src/resources/account/parse-key.js';
import { editBlock } from '../src/resources/blockinfile/edit-block.js';
import { commandResult } from '../src/resources/command-result.js';
import { parseResponse } from '../src/resources/curl.js';
import { parseStatistics } from '../src/resources/haproxy/statistics.js';
import { editLine } from '../src/resources/lineinfile/edit-line.js';
import { formatPrivileges, parseGrants } from '../src/resources/mysql/privileges.js';
import { parseDaemon } from '../src/resources/pm2/processes.js';
import { parseRecord } from '../src/resources/pm2/record.js';
import { editSetting } from '../src/resources/sysctl/edit-setting.js';
import { createSecrets } from '../src/variables/secrets.js';

/**
 * What reads the words of hosts takes sixteen times as long for sixteen times as many of them, or less. A square would take 256 times as
 * long. Texts are what an expression that goes back is slow with: repeated openings, delimiters that do not come, blanks without end.
 * Times are the processor's: other work of the machine does not count.
 */
const MOST = 100;
const LENGTHS = [8_000, 32_000, 128_000] as const;
/** ms: what takes less says nothing, what takes more at the middle length is a square for certain */
const [NOISE, ENDLESS] = [60, 1500];

/** Pieces that are openings, ends or parts of something that some reader looks for. */
const PIECES = [
  '\n',
  '\r',
  '\r\n',
  ' ',
  '\t',
  '\0',
  '"',
  '\\"',
  '"\\"',
  '""',
  ',"',
  ',',
  ':',
  '=',
  '#',
  '-',
  '[',
  '{"a":',
  '(',
  ' (',
  '))',
  '1',
  '1:',
  '1:1 ',
  'a',
  'a\n',
  'a b\n',
  'a:b:c:d\n',
  '\nx',
  ': line 1: 1 A',
  ': line 1: 1 Killed ',
  'Killed\n',
  'ERROR ',
  'ERROR 1 at line x\n',
  '<resultset',
  '<resultset>',
  '<resultset><row>',
  '<row>',
  '<field name="',
  '<field name="a">',
  '<field name="a" xsi:nil',
  'HTTP/1.1 100 x\r\n\r\n',
  'HTTP/1.1 200 OK\r\na: b\r\n',
  'a: b\n',
  'GRANT ',
  'SELECT (`a`), ',
  '`',
  "'",
  "''",
  '# pxname,',
  '\n==> ',
  ' <==\n',
  '==> network <==\n',
  '[{"ifname":"a"}]\n',
  'Id=a\n\n',
  '\n\n\n',
  '  Candidate: 1\n',
  'tcp LISTEN 0 0 [::%a]:1 *:* users:(("a"\n',
  '((""((',
  '%',
  '--------------\n',
  'before completion of TLS handshake: ',
  ': 1045 - ',
  '$A$',
  'ssh-rsa AAAA ',
  'command="a ',
  '\ue000',
  '\\',
  'é',
  '0000000000000000000000000000000000000000000000000000000000000000  ./a\n',
] as const;

/** What is repeated may follow something, and be followed by something. */
const FRAMES: readonly (readonly [string, string])[] = [
  ['', ''],
  ['x', 'x'],
  ['HTTP/1.1 200 OK\n', '\n200 0 0.1 http://a'],
  ['# pxname,svname,type\n', '\n'],
  ['GRANT ', ' ON `a`.* TO b'],
  ['', '\n'],
];

const output = (text: string): PartOutput => ({
  rc: 137,
  stdout: Buffer.from(text),
  stderr: Buffer.from(text),
});
const answersTo = (query: Query, text: string): Answers =>
  Answers.of([[query, { rc: 0, stdout: text, stderr: text }]]);
const secrets = (() => {
  const one = createSecrets();
  one.add('hunter2-hunter2');
  return one;
})();

/** Everything that reads what a host has said. */
const READERS: Readonly<Record<string, (text: string) => unknown>> = {
  'output of commands': (text) => commandResult({ rc: 0, stdout: text, stderr: text }),
  'a line of keys': parseKey,
  'a file of keys': (text) => editKeys(text, { keys: [], want: 'present' }),
  'a signal, SIGKILL': (text) => splitSignal(137, text),
  'a signal, SIGABRT': (text) => splitSignal(134, text),
  sums: (text) => sum.parse([{ kind: 'sum', path: '/a', size: 1 }], [output(text)]),
  contents: (text) =>
    content.parse(
      [
        { kind: 'content', path: '/a' },
        { kind: 'content', path: 'a', unless: 'b' },
      ],
      [output(text), output(text), output(text)],
    ),
  files: (text) => file.parse([{ kind: 'file', path: '/a' }], [output(text), output(text)]),
  users: (text) => user.parse([{ kind: 'user', name: 'a' }], [output(text), output(text), output(text)]),
  groups: (text) => group.parse([{ kind: 'group', name: 'a' }], [output(text)]),
  packages: (text) => packages.parse([{ kind: 'package', name: 'a' }], [output(text)]),
  candidates: (text) => candidates.parse([{ kind: 'candidate', name: 'a' }], [output(text)]),
  units: (text) => unit.parse([{ kind: 'unit', name: 'a' }], [output(text)]),
  'kernel settings': (text) => sysctl.parse([{ kind: 'sysctl', name: 'a' }], [output(text)]),
  sockets: (text) => listen.parse([{ kind: 'listen' }], [output(text)]),
  markers: (text) => markers.parse([{ kind: 'markers' }], [output(text)]),
  rows: (text) => sql.parse([{ kind: 'sql', sql: 'x' }], [output(''), output(text)]),
  facts: parseFacts,
  'the statistics of HAProxy': parseStatistics,
  'the check of HAProxy': (text) => {
    const [query] = haproxyServers.queries({}, Answers.of([])) as [Query];
    return haproxyServers.verdict({}, new Map([['a', answersTo(query, text)]]));
  },
  'the check of a database login': (text) => {
    const params = { user: 'a', host: 'b' } as never;
    const [query] = mysqlLogin.queries(params, Answers.of([])) as [Query];
    return mysqlLogin.verdict(params, new Map([['a', answersTo(query, text)]]));
  },
  'an answer of HTTP': parseResponse,
  'an answer of HTTP, in checks': (text) => readResponse({ rc: 0, stdout: text, stderr: text }),
  grants: (text) => formatPrivileges([...parseGrants(text.split('\n')).values()].flatMap((one) => [...one])),
  'one privilege': (text) => formatPrivileges([text, `${text})`]),
  'PM2 processes': parseDaemon,
  'the record of PM2': parseRecord,
  JSON: parseForeignJson,
  'a file of kernel settings': (text) => editSetting(text, 'a.b', '1'),
  'a file without a setting': (text) => editSetting(text, 'a.b', undefined),
  'a line in a file': (text) =>
    editLine(text, { state: 'present', line: 'new', regexp: '^a', firstmatch: false, backrefs: false }),
  'a line in a file, by its groups': (text) =>
    editLine(text, { state: 'present', line: '\\1z', regexp: '^(a)', firstmatch: true, backrefs: true }),
  'a block in a file': (text) =>
    editBlock(text, {
      state: 'present',
      block: 'x',
      marker: '# {mark}',
      marker_begin: 'BEGIN',
      marker_end: 'END',
    }),
  'a diff': (text) => contentDiff(text, 'a\nb\n', secrets),
  'a diff, of a secret': (text) =>
    contentDiff(text, 'a hunter2-hunter2 : hunter2-hunter2 = hunter2-hunter2\n', secrets),
  'an excerpt': (text) => excerpt(text),
  'last lines': (text) => tailOf({ stdout: text, stderr: text }),
  'control characters': escapeControl,
  'lines, in small pieces': (text) => {
    const lines = createLines();
    const bytes = Buffer.from(text);
    for (let at = 0; at < bytes.length; at += 3) lines.add(bytes.subarray(at, at + 3), () => undefined);
    lines.end(() => undefined);
  },
  'output that is cut, in small pieces': (text) => {
    const capped = createCapped(4096);
    const bytes = Buffer.from(text);
    for (let at = 0; at < bytes.length; at += 3) capped.add(bytes.subarray(at, at + 3));
    capped.take();
  },
  'parts, in small pieces': (text) => {
    const split = createSplitter('a', { data: () => undefined, marker: () => undefined });
    const bytes = Buffer.from(text);
    for (let at = 0; at < bytes.length; at += 3) split(bytes.subarray(at, at + 3));
  },
};

/** ms of the processor */
function timeOf(read: (text: string) => unknown, text: string): number {
  const began = process.cpuUsage();
  try {
    read(text);
  } catch {
    // What cannot be read is refused, which takes its time, too.
  }
  return process.cpuUsage(began).user / 1000;
}

/** @returns how many times as long the longest text takes as the shortest, if that says something */
function growth(read: (text: string) => unknown, textOf: (length: number) => string): number {
  const [short, middle, long] = LENGTHS;
  if (timeOf(read, textOf(middle)) > ENDLESS) return Infinity;
  if (timeOf(read, textOf(long)) < NOISE) return 0;
  const best = (length: number): number => Math.min(...[1, 2, 3].map(() => timeOf(read, textOf(length))));
  const longest = best(long);
  return longest < NOISE ? 0 : longest / Math.max(best(short), 0.5);
}

describe('the words of hosts are read in linear time', () => {
  for (const [what, read] of Object.entries(READERS)) {
    it(what, () => {
      for (const piece of PIECES) {
        for (const [before, after] of FRAMES) {
          const textOf = (length: number): string =>
            before + piece.repeat(Math.ceil(length / piece.length)) + after;
          // A busy machine can make one measurement long, and not three of them.
          let grown = growth(read, textOf);
          for (let again = 0; grown >= MOST && grown < Infinity && again < 2; again += 1)
            grown = Math.min(grown, growth(read, textOf));
          expect(grown, JSON.stringify([before, piece, after])).to.be.lessThan(MOST);
        }
      }
    }).timeout(240_000);
  }

  it('which is noticed where it is not so', () => {
    const text = (length: number): string => '\n'.repeat(length) + 'x';
    expect(growth((one) => one.replace(/[\r\n]+$/, ''), text)).to.be.greaterThan(MOST);
    expect(growth((one) => one.split('\n'), text)).to.be.lessThan(MOST);
  }).timeout(60_000);
});

describe('JSON of others', () => {
  it('is read as JSON.parse does', () => {
    for (const text of ['1', '"a\\"]["', '{"a":[1,{"b":null}],"__proto__":{"c":1}}', ' [ ] '])
      expect(parseForeignJson(text)).to.deep.equal(JSON.parse(text));
    for (const text of ['', '{', '"\\', '[1,]', 'nul'])
      expect(() => parseForeignJson(text)).to.throw(SyntaxError);
  });

  it('is refused where it is too deep, too long or too much', () => {
    const nested = (levels: number): string => '['.repeat(levels) + ']'.repeat(levels);
    expect(parseForeignJson(nested(200))).to.be.an('array');
    expect(() => parseForeignJson(nested(201))).to.throw(/deeper than 200/);
    expect(() => parseForeignJson('{"a":'.repeat(100_000))).to.throw(/deeper than 200/);
    expect(() => parseForeignJson(`"${'x'.repeat(9 * 1024 * 1024)}"`)).to.throw(/million characters/);
    expect(() => parseForeignJson(`[${'0,'.repeat(600_000)}0]`)).to.throw(/values/);
    // Brackets in texts are text.
    expect(parseForeignJson(`"${'['.repeat(1000)}"`)).to.have.length(1000);
  });
});
