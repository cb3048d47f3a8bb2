import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import fc from 'fast-check';
import { startAgent, type Agent } from '../../src/agent/agent.js';
import type { PartOutput } from '../../src/agent/part.js';
import { content } from '../../src/agent/queries/content.js';
import { type ContentQuery, type FileQuery } from '../../src/agent/query.js';
import { TaskError } from '../../src/errors.js';
import { connectLocal } from '../../src/transport/local.js';
import { ask, SHELLS, temporaryFolder, underEachShell } from './support.js';

const sha256 = (content: Buffer | string): string => createHash('sha256').update(content).digest('hex');

/** Names that sh, find and sha256sum could take for something else. */
const ODD = [
  'plain',
  'with blank',
  "it's",
  '-name',
  '!',
  '(',
  '*',
  '$HOME',
  '`id`',
  'new\nline',
  'back\\slash',
  '\\',
  'é☃',
  '"',
  'tab\t',
  ' ',
  '~',
];

underEachShell('queries about files', (host) => {
  const folder = temporaryFolder();
  const at = (name: string): string => join(folder.path, name);

  it('tell type, mode, owner, size and target, of links and what they lead to', async () => {
    writeFileSync(at('f'), '12345', { mode: 0o640 });
    mkdirSync(at('d'));
    chmodSync(at('d'), 0o1777);
    symlinkSync('f', at('to f'));
    symlinkSync('nowhere', at('dangling'));
    execFileSync('mkfifo', [at('pipe')]);
    const queries: FileQuery[] = ['f', 'd', 'to f', 'dangling', 'pipe', 'none', 'f/x'].map((name) => ({
      kind: 'file',
      path: at(name),
    }));
    const [f, d, link, dangling, pipe, ...none] = await ask<'file'>(host.agent, ...queries);
    const stat = lstatSync(at('f'));
    expect(f).to.deep.include({
      exists: true,
      type: 'file',
      mode: 0o640,
      size: 5,
      inode: stat.ino,
      uid: stat.uid,
      gid: stat.gid,
    });
    expect((f as { mtime: number }).mtime).to.be.closeTo(stat.mtimeMs / 1000, 0.01);
    expect(d).to.include({ type: 'directory', mode: 0o1777 });
    expect(link).to.include({ type: 'link', target: 'f' });
    expect(dangling).to.include({ type: 'link', target: 'nowhere' });
    expect(pipe).to.include({ type: 'other' });
    expect(none).to.deep.equal([{ exists: false }, { exists: false }]);
    const followed = await ask<'file'>(host.agent, ...queries.map((query) => ({ ...query, follow: true })));
    expect(followed[2]).to.include({ type: 'file', size: 5, inode: stat.ino });
    expect(followed[3]).to.deep.equal({ exists: false });
  });

  it('take any path', async () => {
    for (const name of ODD) writeFileSync(at(name), `in ${name}`);
    const files = await ask<'file'>(
      host.agent,
      ...ODD.map((name): FileQuery => ({ kind: 'file', path: at(name) })),
    );
    for (const [index, name] of ODD.entries())
      expect(files[index]).to.include({ type: 'file', size: Buffer.byteLength(`in ${name}`) });
    const contents = await ask<'content'>(
      host.agent,
      ...ODD.map((name): ContentQuery => ({ kind: 'content', path: at(name) })),
    );
    expect(
      contents.map((one) => (one.state === 'content' ? one.content.toString() : one.state)),
    ).to.deep.equal(ODD.map((name) => `in ${name}`));
    const same = ODD.map((name): ContentQuery => ({
      kind: 'content',
      path: at(name),
      unless: sha256(`in ${name}`),
    }));
    expect(await ask<'content'>(host.agent, ...same)).to.deep.equal(ODD.map(() => ({ state: 'same' })));
    const others = same.map((query) => ({ ...query, unless: sha256('other') }));
    expect((await ask<'content'>(host.agent, ...others)).map(({ state }) => state)).to.deep.equal(
      ODD.map(() => 'content'),
    );
  });

  it('bring contents as they are, large ones as their hash', async () => {
    const all = Buffer.from(Array.from({ length: 256 }, (_one, byte) => byte));
    const contents = {
      all,
      empty: Buffer.alloc(0),
      breaks: Buffer.from('\n\n'),
      most: Buffer.alloc(1024 * 1024, 'x'),
      more: Buffer.alloc(1024 * 1024 + 1, 'y'),
    };
    for (const [name, content] of Object.entries(contents)) writeFileSync(at(name), content);
    mkdirSync(at('d'));
    execFileSync('mkfifo', [at('pipe')]);
    // Those that are compared are sent together.
    for (const compared of [{}, { unless: sha256('other') }]) {
      const query = (name: string): ContentQuery => ({ kind: 'content', path: at(name), ...compared });
      const answers = await ask<'content'>(
        host.agent,
        ...[...Object.keys(contents), 'd', 'pipe', 'none'].map(query),
      );
      for (const [index, name] of ['all', 'empty', 'breaks', 'most'].entries()) {
        expect(answers[index]).to.deep.equal({ state: 'content', content: contents[name as 'all'] });
      }
      expect(answers.slice(4)).to.deep.equal([
        { state: 'large', sha256: sha256(contents.more) },
        { state: 'absent' },
        { state: 'absent' },
        { state: 'absent' },
      ]);
    }
  });

  // Both programs are preceded by what the owner of a file can do between a look at it and its opening.
  it('do not wait for a pipe that is put in the place of a file', async () => {
    for (const name of ['a', 'b', 'c']) writeFileSync(at(name), name);
    mkdirSync(at('bin'));
    const swap = (file: string): string => `rm -f '${file}'; mkfifo '${file}'`;
    const stub = (program: string, code: string): void =>
      writeFileSync(at(`bin/${program}`), `#!/bin/sh\n${code}\nexec /usr/bin/${program} "$@"\n`, {
        mode: 0o755,
      });
    stub('sha256sum', swap(at('b')));
    stub('dd', `[ "$1" != 'if=${at('c')}' ] || { ${swap(at('c'))}; }`);
    const path = process.env['PATH'];
    process.env['PATH'] = `${at('bin')}:${path}`;
    const agent = await startAgent(connectLocal(), { host: 'h1', shell: host.shell });
    process.env['PATH'] = path;
    const began = Date.now();
    const answers = await ask<'content'>(
      agent,
      ...['a', 'b', 'c'].map((name): ContentQuery => ({
        kind: 'content',
        path: at(name),
        unless: sha256('a'),
      })),
    );
    expect(answers).to.deep.equal([
      { state: 'same' },
      { state: 'absent' },
      { state: 'content', content: Buffer.alloc(0) },
    ]);
    expect(Date.now() - began).to.be.lessThan(14_000);
    await agent.close();
  }).timeout(40_000);

  it('bring what files of the kernel hold, which tell no size', async () => {
    writeFileSync(at('plain'), 'plain');
    const paths = [at('plain'), '/proc/version', at('plain2'), '/proc/sys/kernel/ostype'];
    writeFileSync(paths[2]!, 'plain 2');
    const query = (path: string): ContentQuery => ({ kind: 'content', path, unless: sha256('other') });
    const answers = await ask<'content'>(host.agent, ...paths.map(query));
    expect(
      answers.map((one) => (one.state === 'content' ? one.content.toString() : one.state)),
    ).to.deep.equal(paths.map((path) => readFileSync(path, 'utf8')));
  });

  it('do not outgrow the argument list of a process', async () => {
    const paths = Array.from({ length: 2500 }, (_one, index) => at(`${'long'.repeat(40)}${index}`));
    writeFileSync(paths[2499]!, 'last');
    const answers = await ask<'file'>(
      host.agent,
      ...paths.map((path): FileQuery => ({ kind: 'file', path })),
    );
    expect(answers.filter(({ exists }) => exists)).to.have.length(1);
    expect(answers[2499]).to.include({ size: 4 });
    const contents = await ask<'content'>(
      host.agent,
      ...paths.map((path): ContentQuery => ({ kind: 'content', path, unless: sha256('last') })),
    );
    expect(contents.filter(({ state }) => state === 'same')).to.have.length(1);
  }).timeout(40_000);

  it('answer programs and scripts each for itself', async () => {
    const [one, two, three] = await ask<'command'>(
      host.agent,
      {
        kind: 'command',
        argv: ['sh', '-c', 'echo "$A"; pwd; cat; echo e >&2; exit 3'],
        env: { A: "it's" },
        cwd: folder.path,
        stdin: 'in',
      },
      { kind: 'command', argv: ['no-such-program'] },
      { kind: 'command', argv: ['sh', '-c', 'kill -9 $$'] },
    );
    expect(one).to.deep.equal({ rc: 3, stdout: `it's\n${folder.path}\nin`, stderr: 'e\n' });
    expect(two).to.have.property('rc', 127);
    expect(three).to.include({ rc: 137 });
    const [plain, limited, fed] = await ask<'script'>(
      host.agent,
      { kind: 'script', code: 'echo "$1|$#"; exit 4', args: ['a b'] },
      { kind: 'script', code: 'echo "$1|$#"; sleep 20', args: ['x'], timeout: 1 },
      { kind: 'script', code: 'read -r word; echo "got $word"', stdin: 'one two\n' },
    );
    expect(plain).to.deep.equal({ rc: 4, stdout: 'a b|1\n', stderr: '' });
    expect(limited).to.include({ rc: 124, stdout: 'x|1\n' });
    expect(fed).to.include({ rc: 0, stdout: 'got one two\n' });
  });

  it('know users, groups, packages, kernel settings and units', async () => {
    const [root, nobody, none, byNumber] = await ask<'user'>(
      host.agent,
      ...['root', 'nobody', 'no-such-user', '0'].map((name) => ({ kind: 'user', name }) as const),
    );
    expect(root).to.include({ exists: true, uid: 0, gid: 0, group: 'root', home: '/root' });
    expect(root).to.have.property('password').that.is.a('string');
    expect(nobody).to.include({ uid: 65534, group: 'nogroup' });
    expect([none, byNumber]).to.deep.equal([{ exists: false }, { exists: false }]);
    const groups = await ask<'group'>(
      host.agent,
      { kind: 'group', name: 'adm' },
      { kind: 'group', name: '-x' },
    );
    expect(groups[0]).to.include({ exists: true, gid: 4 });
    expect(groups[1]).to.deep.equal({ exists: false });
    const settings = ['kernel.ostype', 'net.ipv4.ip_forward', 'net/ipv4/ip_forward', 'no.such'];
    const values = await ask<'sysctl'>(
      host.agent,
      ...settings.map((name) => ({ kind: 'sysctl', name }) as const),
    );
    expect(values.map(({ value }) => value)).to.deep.equal([
      'Linux',
      values[2]?.value,
      readFileSync('/proc/sys/net/ipv4/ip_forward', 'utf8').trim(),
      null,
    ]);
    const [sockets] = await ask<'listen'>(host.agent, { kind: 'listen' });
    expect(sockets?.sockets).to.be.an('array');
    const asked = ['no-such.service', 'bad@.service'].map((name) => ({ kind: 'unit', name }) as const);
    const { answers } = await host.agent.request({ steps: [], queries: asked });
    for (const query of asked) {
      // Where systemd is not the init, nothing is known of units that may run.
      if (query.name.includes('@') || existsSync('/run/systemd/system'))
        expect(answers.get<'unit'>(query)).to.include({ load: 'not-found', active: 'inactive' });
      else expect(() => answers.get<'unit'>(query)).to.throw('systemctl did not say anything about no-such');
    }
  });

  it('know installed packages', async function () {
    let version: string;
    try {
      version = execFileSync('dpkg-query', ['-W', '-f', '${Version}', 'coreutils'], { encoding: 'utf8' });
    } catch {
      return this.skip();
    }
    const names = ['coreutils', 'no-such-package', '-x', 'libstdc++6'];
    const [coreutils, none, odd, plus] = await ask<'package'>(
      host.agent,
      ...names.map((name) => ({ kind: 'package', name }) as const),
    );
    expect([coreutils?.version, none?.version, odd?.version]).to.deep.equal([version, null, null]);
    expect(plus?.version).to.match(/^\d/);
  });

  it('gather facts with the names and types that Ansible gives them', async () => {
    const [facts] = await ask<'facts'>(host.agent, { kind: 'facts' });
    expect(facts).to.include({
      system: 'Linux',
      nodename: hostname(),
      hostname: hostname().split('.')[0],
      user_id: 'root',
    });
    expect(facts?.['architecture']).to.equal(execFileSync('uname', ['-m'], { encoding: 'utf8' }).trim());
    expect(facts?.['kernel']).to.equal(execFileSync('uname', ['-r'], { encoding: 'utf8' }).trim());
    for (const name of ['memtotal_mb', 'memfree_mb', 'swaptotal_mb', 'processor_vcpus', 'uptime_seconds']) {
      expect(facts?.[name], name).to.be.a('number');
    }
    expect(facts?.['processor_vcpus']).to.equal(
      Number(execFileSync('nproc', ['--all'], { encoding: 'utf8' })),
    );
    expect(facts?.['interfaces']).to.include('lo');
    expect(facts?.['lo']).to.deep.include({ device: 'lo', active: true });
    expect(facts?.['mounts']).to.satisfy((mounts: { mount: string; size_total: number }[]) =>
      mounts.some(({ mount, size_total }) => mount === '/' && size_total > 0),
    );
  });
});

describe('queries with random names', () => {
  const folder = temporaryFolder();
  let agent: Agent;
  before(async () => {
    agent = await startAgent(connectLocal(), { host: 'h1', shell: SHELLS[0]! });
  });
  after(() => agent.close());

  it('find exactly the files that are there', async () => {
    const unit = fc.constantFrom(
      'a',
      'b',
      ' ',
      '\n',
      "'",
      '"',
      '\\',
      '-',
      '*',
      '$',
      '!',
      '(',
      'é',
      '\r',
      '\u{1f600}',
      '.',
    );
    const name = fc.string({ unit, minLength: 1, maxLength: 8 }).filter((one) => one !== '.' && one !== '..');
    let round = 0;
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(name, { minLength: 2, maxLength: 12 }), async (names) => {
        const place = join(folder.path, String((round += 1)));
        mkdirSync(place);
        const there = names.filter((_one, index) => index % 2 === 0);
        for (const one of there) writeFileSync(join(place, one), one);
        const paths = names.map((one) => `${place}/${one}`);
        const files = await ask<'file'>(agent, ...paths.map((path): FileQuery => ({ kind: 'file', path })));
        expect(files.map(({ exists }) => exists)).to.deep.equal(names.map((one) => there.includes(one)));
        const queries = paths.map((path, index): ContentQuery => ({
          kind: 'content',
          path,
          unless: sha256(index % 4 === 0 ? names[index]! : 'x'),
        }));
        const contents = await ask<'content'>(agent, ...queries);
        expect(contents.map(({ state }) => state)).to.deep.equal(
          names.map((_one, index) => (index % 2 === 1 ? 'absent' : index % 4 === 0 ? 'same' : 'content')),
        );
      }),
      { numRuns: 40 },
    );
  }).timeout(60_000);
});

describe('files that are sent together', () => {
  const output = (stdout: string, rc = 0): PartOutput => ({
    rc,
    stdout: Buffer.from(stdout),
    stderr: Buffer.alloc(0),
  });
  const queries = ['/a', '/b'].map((path): ContentQuery => ({
    kind: 'content',
    path,
    unless: sha256('other'),
  }));
  const sums = output(`${sha256('1')}  /a\n${sha256('22')}  /b\n`);
  const sent = output('', 13);

  it('are told apart by their sizes', () => {
    expect(content.parse(queries, [sums, output('0:1 1:2 \n122'), sent, sent])).to.deep.equal([
      { state: 'content', content: Buffer.from('1') },
      { state: 'content', content: Buffer.from('22') },
    ]);
  });

  for (const [what, text] of [
    ['grows', '0:1 1:2 \n1122'],
    ['shrinks', '0:1 1:2 \n22'],
    ['goes', '0:1 \n1'],
    ['is told wrongly', 'nonsense'],
  ] as const) {
    it(`are not mixed up when one of them ${what} meanwhile`, () => {
      const answers = content.parse(queries, [sums, output(text), sent, sent]);
      const refused = answers.flatMap((answer) => ('refused' in answer ? [answer.refused.message] : []));
      expect(refused.join()).to.match(/changes meanwhile/);
    });
  }
});

describe('a file that may not be read', () => {
  const folder = temporaryFolder();

  it('is an error, not an absent file', async function () {
    if (process.getuid?.() !== 0) this.skip();
    const path = join(folder.path, 'f');
    chmodSync(folder.path, 0o755);
    writeFileSync(path, 'x', { mode: 0o600 });
    const agent = await startAgent(connectLocal(), {
      host: 'h1',
      shell: 'setpriv --reuid 65534 --regid 65534 --clear-groups env HOME=/tmp sh',
    });
    const query = { kind: 'content', path } as const;
    // Only whoever wants to know it gets the error.
    const { answers } = await agent.request({ steps: [], queries: [query, { kind: 'file', path }] });
    expect(answers.get<'file'>({ kind: 'file', path }).exists).to.equal(true);
    expect(() => answers.get<'content'>(query)).to.throw(TaskError, `${path} cannot be read`);
    await agent.close();
  });
});
