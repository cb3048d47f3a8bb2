import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { startAgent } from '../../src/agent/agent.js';
import { noteFile } from '../../src/agent/note-file.js';
import type { WriteStep } from '../../src/agent/step.js';
import {
  cut,
  run,
  runFailing,
  tappedConnection,
  temporaryFolder,
  underEachShell,
  waitFor,
} from './support.js';

const MiB = 1024 * 1024;
const isRoot = process.getuid?.() === 0;

underEachShell('write', (host) => {
  const folder = temporaryFolder();
  const at = (name: string): string => join(folder.path, name);
  const write = (name: string, content: Buffer | string, more: Partial<WriteStep> = {}): WriteStep => ({
    kind: 'write',
    path: at(name),
    content: Buffer.from(content),
    ...more,
  });
  const modeOf = (name: string): string => (lstatSync(at(name)).mode & 0o7777).toString(8);

  it('leaves a note of who wrote a file last, and none without a name', async function () {
    if (!isRoot) this.skip();
    const note = (name: string): string => join('/var/lib/provision/written', noteFile(at(name)));
    await run(host.agent, write('before', 'x'));
    expect(existsSync(note('before'))).to.equal(false);
    const steps = [write('f', 'x')];
    await host.agent.request({ by: "ada@desk (process 1,\n run 'x')", steps, queries: [] });
    expect(readFileSync(note('f'), 'utf8')).to.equal("ada@desk (process 1,\\n run 'x')\n");
    await run(host.agent, write('later', 'x'));
    expect(existsSync(note('later'))).to.equal(true);
    for (const name of ['f', 'later']) unlinkSync(note(name));
  });

  describe('many files of one folder', () => {
    const strange = Buffer.from(Array.from({ length: 256 }, (_one, byte) => byte));
    const contents: readonly (Buffer | string)[] = [
      '',
      'a\n',
      'no end',
      "it's $HOME `x` \\n\n\n",
      'é\r\n',
      strange,
    ];
    const many = (more: Partial<WriteStep> = {}): WriteStep[] =>
      contents.map((content, index) => write(`-f ${index}`, content, { mode: 0o640, ...more }));

    it('are written together, with exactly these bytes and this mode, and leave nothing else', async () => {
      const outputs = await run(host.agent, ...many());
      expect(outputs.map(({ rc }) => rc)).to.deep.equal(contents.map(() => 0));
      for (const [index, content] of contents.entries()) {
        expect(readFileSync(at(`-f ${index}`)), String(index)).to.deep.equal(Buffer.from(content));
        expect(modeOf(`-f ${index}`)).to.equal('640');
      }
      expect(readdirSync(folder.path)).to.have.length(contents.length);
    });

    it('replace links and keep owners', async () => {
      writeFileSync(at('target'), 'stays');
      symlinkSync('target', at('-f 0'));
      writeFileSync(at('-f 1'), 'old');
      if (isRoot) chownSync(at('-f 1'), 12, 34);
      await run(host.agent, ...many());
      expect(lstatSync(at('-f 0')).isFile()).to.equal(true);
      expect(readFileSync(at('target'), 'utf8')).to.equal('stays');
      if (isRoot) expect(lstatSync(at('-f 1'))).to.include({ uid: 12, gid: 34 });
    });

    it('get an owner together', async function () {
      if (!isRoot) this.skip();
      await run(host.agent, ...many({ owner: '12', group: '34' }));
      for (const index of contents.keys())
        expect(lstatSync(at(`-f ${index}`))).to.include({ uid: 12, gid: 34 });
    });

    it('fail as their first one, and leave nothing, where there is no folder or one stands in the way', async () => {
      const steps = many().map((step) => ({ ...step, path: step.path.replace('/-f', '/none/-f') }));
      expect((await runFailing(host.agent, ...steps)).stderr).to.include('there is no folder');
      mkdirSync(at('-f 2'));
      expect((await runFailing(host.agent, ...many())).stderr).to.include('-f 2');
      expect(readdirSync(folder.path).filter((name) => name.startsWith('.'))).to.deep.equal([]);
    });
  });

  it('makes a file with exactly these bytes, 0644 where nothing is said', async () => {
    const content = Buffer.from(Array.from({ length: 256 }, (_one, byte) => byte));
    await run(host.agent, write('new', content), write('empty', ''));
    expect(readFileSync(at('new')).equals(content)).to.equal(true);
    expect(readFileSync(at('empty'), 'utf8')).to.equal('');
    expect([modeOf('new'), modeOf('empty')]).to.deep.equal(['644', '644']);
    expect(readdirSync(folder.path)).to.deep.equal(['empty', 'new']);
  });

  it('keeps mode and owner of the file that is there, and gives what is asked for', async function () {
    if (!isRoot) this.skip();
    writeFileSync(at('old'), 'before');
    chownSync(at('old'), 12, 34);
    chmodSync(at('old'), 0o4751);
    await run(host.agent, write('old', 'after'));
    expect(lstatSync(at('old'))).to.include({ uid: 12, gid: 34 });
    expect(modeOf('old')).to.equal('4751');
    await run(host.agent, write('old', 'after', { mode: 0o600, group: '56' }));
    expect(lstatSync(at('old'))).to.include({ uid: 12, gid: 56 });
    expect(modeOf('old')).to.equal('600');
    await run(host.agent, write('other', 'x', { owner: 'daemon', group: 'adm', mode: 0o440 }));
    expect(lstatSync(at('other'))).to.include({ uid: 1, gid: 4 });
    expect(modeOf('other')).to.equal('440');
  });

  it('takes any name', async () => {
    const names = [
      'with blank',
      "it's",
      '-n',
      '*',
      'new\nline',
      'back\\slash',
      'é☃',
      '$HOME',
      'n'.repeat(255),
      '☃'.repeat(85),
    ];
    await run(host.agent, ...names.map((name) => write(name, `content of ${name}`)));
    await run(host.agent, ...names.map((name) => write(name, Buffer.alloc(MiB, name))));
    expect(readdirSync(folder.path).sort()).to.deep.equal([...names].sort());
    for (const name of names) expect(readFileSync(at(name)).equals(Buffer.alloc(MiB, name))).to.equal(true);
  });

  it('replaces a link instead of writing through it, and leaves other names of the file alone', async () => {
    writeFileSync(at('target'), 'kept');
    symlinkSync(at('target'), at('link'));
    linkSync(at('target'), at('hard'));
    await run(host.agent, write('link', 'new'), write('hard', 'new'));
    expect(lstatSync(at('link')).isFile()).to.equal(true);
    expect(readFileSync(at('target'), 'utf8')).to.equal('kept');
  });

  it('keeps a backup if asked, only of a file that is there', async () => {
    writeFileSync(at('old'), 'before', { mode: 0o640 });
    await run(host.agent, write('old', 'after', { backup: true }), write('new', 'x', { backup: true }));
    const [backup, ...rest] = readdirSync(folder.path).filter((name) => name.endsWith('~'));
    expect(rest).to.deep.equal([]);
    expect(backup).to.match(/^old\.\d{8}T\d{6}~$/);
    expect(readFileSync(at(backup!), 'utf8')).to.equal('before');
    expect(modeOf(backup!)).to.equal('640');
  });

  it('asks a validation first, with the final mode', async () => {
    const check = ['sh', '-c', 'test "$(stat -c %a "$1")" = 600 && grep -q good "$1"', 'sh', '%s'];
    await run(host.agent, write('f', 'good', { mode: 0o600, validate: check }));
    const output = await runFailing(
      host.agent,
      write('f', 'bad', {
        mode: 0o600,
        validate: ['sh', '-c', 'echo "line 1: bad" >&2; false', '--file=%s'],
      }),
    );
    expect(output.stderr).to.match(
      /^line 1: bad\n.*does not pass its validation; the file is left as it was\n$/,
    );
    expect(readFileSync(at('f'), 'utf8')).to.equal('good');
    expect(readdirSync(folder.path)).to.deep.equal(['f']);
  });

  it('says what is wrong with its folder or its owner, and leaves nothing', async () => {
    expect((await runFailing(host.agent, write('no/such', 'x'))).stderr).to.match(
      /no\/such: there is no folder .*no\n$/,
    );
    expect((await runFailing(host.agent, write('no/large', Buffer.alloc(MiB)))).stderr).to.include('no/');
    expect((await runFailing(host.agent, write('f', 'x', { owner: 'no-such-user' }))).stderr).to.include(
      'no-such-user',
    );
    mkdirSync(at('folder'));
    expect((await runFailing(host.agent, write('folder', 'x'))).rc).to.not.equal(0);
    expect(readdirSync(folder.path)).to.deep.equal(['folder']);
    await run(host.agent, { kind: 'run', argv: ['true'] });
  });

  it('puts a large content into a folder that a step before it makes', async () => {
    const content = randomBytes(3 * MiB + 7);
    const response = await host.agent.request({
      steps: [
        { kind: 'run', argv: ['mkdir', at('made')] },
        write('made/large', content, { validate: ['test', '-s', '%s'] }),
        { kind: 'run', argv: ['echo', 'after'] },
      ],
      queries: [{ kind: 'file', path: at('made/large') }],
    });
    expect(response.outputs.map(({ rc }) => rc)).to.deep.equal([0, 0, 0]);
    expect(response.outputs[2]?.stdout).to.equal('after\n');
    expect(response.answers.get<'file'>({ kind: 'file', path: at('made/large') })).to.include({
      size: content.length,
      mode: 0o644,
    });
    expect(readFileSync(at('made/large')).equals(content)).to.equal(true);
    expect(readdirSync(at('made'))).to.deep.equal(['large']);
  });

  it('does not begin with a large content when a step before it fails', async () => {
    const response = await host.agent.request({
      steps: [
        { kind: 'run', argv: ['false'] },
        write('large', Buffer.alloc(MiB)),
        { kind: 'run', argv: ['true'] },
      ],
      queries: [],
    });
    expect(response).to.deep.include({ failed: 0 });
    expect(response.outputs).to.have.length(1);
    expect(readdirSync(folder.path)).to.deep.equal([]);
  });

  for (const [what, size] of [
    ['small', 200 * 1024],
    ['large', 4 * MiB],
  ] as const) {
    it(`leaves the old file and nothing else when the disk is full (${what} content)`, async function () {
      if (!isRoot) this.skip();
      mkdirSync(at('disk'));
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=128k', 'tmpfs', at('disk')]);
      try {
        writeFileSync(at('disk/f'), 'before');
        const output = await runFailing(host.agent, write('disk/f', randomBytes(size)));
        expect(output.stderr).to.match(/No space left on device|could not be written/);
        expect(readFileSync(at('disk/f'), 'utf8')).to.equal('before');
        expect(readdirSync(at('disk'))).to.deep.equal(['f']);
      } finally {
        execFileSync('umount', [at('disk')]);
      }
    });
  }

  it('leaves no temporary file when it is stopped while it validates', async () => {
    const deaf = ['sh', '-c', 'trap "" TERM; : >"$1.began"; while :; do sleep 0.1; done', 'sh', at('f')];
    const refused = host.agent.request(
      { steps: [write('f', 'x', { validate: [...deaf, '%s'] })], queries: [] },
      { timeout: 0.5 },
    );
    await refused.then(
      () => expect.fail('not stopped'),
      (error: unknown) => expect(String(error)).to.include('timed out'),
    );
    expect(readdirSync(folder.path)).to.deep.equal(['f.began']);
  });

  it('leaves no temporary file when the link is lost in the midst of a large content', async () => {
    const { connection, channels } = tappedConnection();
    const agent = await startAgent(connection, { host: 'h2', shell: host.shell });
    await run(agent, { kind: 'run', argv: ['true'] });
    const { stdin } = channels[0]!;
    const end = stdin.write.bind(stdin);
    let sent = 0;
    // The fifth write and all after it are lost.
    stdin.write = ((bytes: Buffer) => ((sent += 1) > 4 ? true : end(bytes))) as typeof stdin.write;
    const lost = agent
      .request({ steps: [write('large', Buffer.alloc(8 * MiB, 'x'))], queries: [] })
      .catch((error: unknown) => String(error));
    await waitFor('the file is begun', () =>
      readdirSync(folder.path).some((name) => name.startsWith('.large')),
    );
    stdin.end(end(Buffer.from('D 262144\nxxxx')) ? '' : '');
    expect(await lost).to.include('connection was lost during: writing');
    await waitFor('nothing is left', () => readdirSync(folder.path).length === 0);
    cut(channels[0]!);
  });
});

underEachShell('link', (host) => {
  const folder = temporaryFolder();
  const at = (name: string): string => join(folder.path, name);

  it('is made, and takes the place of a link or a file, also where the old one leads to a folder', async () => {
    mkdirSync(at('folder'));
    symlinkSync(at('folder'), at('b'));
    writeFileSync(at('c'), 'x');
    const names = ['a', 'b', 'c', '-d e'];
    await run(
      host.agent,
      ...names.map((name) => ({ kind: 'link', path: at(name), target: `-to ${name}` }) as const),
    );
    for (const name of names) expect(readlinkSync(at(name))).to.equal(`-to ${name}`);
    expect(readdirSync(folder.path).sort()).to.deep.equal([...names, 'folder'].sort());
    expect(readdirSync(at('folder'))).to.deep.equal([]);
  });

  it('does not take the place of a folder', async () => {
    mkdirSync(at('folder'));
    const output = await runFailing(host.agent, { kind: 'link', path: at('folder'), target: '/etc' });
    expect(output.stderr).to.include('directory');
    expect(readdirSync(folder.path)).to.deep.equal(['folder']);
    expect(
      (await runFailing(host.agent, { kind: 'link', path: at('no/link'), target: 'x' })).stderr,
    ).to.include('there is no folder');
  });
});
