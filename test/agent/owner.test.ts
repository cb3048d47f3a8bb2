import {
  chmodSync,
  chownSync,
  existsSync,
  lchownSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { expect } from 'chai';
import { Answers, type FileAnswer } from '../../src/agent/query.js';
import type { Step } from '../../src/agent/step.js';
import { TaskError } from '../../src/errors.js';
import { stat } from '../../src/resources/stat.js';
import { ask, run, runFailing, underEachShell } from './support.js';

/** games of Debian, and a group that nobody is in. */
const USER = { name: 'games', uid: 5, gid: 60 };
const NOBODYS_GROUP = 37;

underEachShell('whose folder it is decides', (host) => {
  let base: string;
  const at = (name: string): string => join(base, name);
  const write = (name: string, more: object = {}): Step => ({
    kind: 'write',
    path: at(name),
    content: Buffer.from('new\n'),
    ...more,
  });
  const own = (name: string): string => {
    const { uid, gid, mode } = lstatSync(at(name));
    return `${uid}:${gid} ${(mode & 0o7777).toString(8)}`;
  };
  const give = (...names: string[]): void => {
    for (const name of names) lchownSync(at(name), USER.uid, USER.gid);
  };

  before(function () {
    if (process.getuid?.() !== 0) this.skip();
  });
  beforeEach(() => {
    // Below /tmp others may exchange what is theirs; what is root's stays.
    base = mkdtempSync('/var/tmp/owner-');
    chmodSync(base, 0o755);
    mkdirSync(at('home/conf'), { recursive: true });
    writeFileSync(at('secret'), 'of root\n', { mode: 0o600 });
    give('home', 'home/conf');
  });
  afterEach(() => rmSync(base, { recursive: true, force: true }));

  it('with which rights something is looked at', async () => {
    symlinkSync(at('secret'), at('home/conf/link'));
    symlinkSync(at('home/conf'), at('to-conf'));
    symlinkSync('secret', at('to-secret'));
    writeFileSync(at('home/conf/f'), 'f\n');
    const paths = [
      'home',
      'home/conf',
      'home/conf/f',
      'home/conf/none',
      'to-conf',
      'to-conf/f',
      'home/../secret',
    ];
    const answers = await ask<'file'>(
      host.agent,
      ...paths.map((name) => ({ kind: 'file', path: `${base}/${name}` }) as const),
    );
    expect(answers.map((answer: FileAnswer) => answer.by?.user)).to.deep.equal([
      undefined,
      USER.name,
      USER.name,
      USER.name,
      undefined,
      USER.name,
      // The way leads through a folder of his.
      USER.name,
    ]);
    expect(answers[1]!.by).to.deep.include({ uid: USER.uid, folder: at('home') });
    const [, content] = await ask<'content'>(
      host.agent,
      { kind: 'content', path: at('home/conf/f') },
      { kind: 'content', path: at('to-secret') },
    );
    expect(content).to.deep.include({ state: 'content' });
    const response = await host.agent.request({
      steps: [],
      queries: [{ kind: 'content', path: at('home/conf/link') }],
    });
    expect(() => response.answers.get<'content'>({ kind: 'content', path: at('home/conf/link') })).to.throw(
      TaskError,
      'cannot be read',
    );
  });

  it('who has what is made', async () => {
    await run(
      host.agent,
      write('home/conf/a', { mode: 0o640 }),
      write('home/conf/b', { mode: 0o640, owner: USER.name }),
      { kind: 'folders', paths: [at('home/conf/p'), at('home/conf/p/q')], mode: 0o700 },
      { kind: 'link', path: at('home/conf/l'), target: '/etc/passwd' },
      { kind: 'touch', path: at('home/conf/t'), follow: true, access: false, modification: false },
      write('home/conf/large', { content: Buffer.alloc(300_000, 'x') }),
    );
    for (const name of ['a', 'b', 'p', 'p/q', 'l', 't', 'large'])
      expect(own(`home/conf/${name}`), name).to.match(new RegExp(`^${USER.uid}:${USER.gid} `));
    expect(readFileSync(at('home/conf/large'))).to.have.length(300_000);
    expect(readdirSync(at('home/conf')).filter((name) => name.startsWith('.'))).to.deep.equal([]);
  });

  it('what cannot be given, and says why', async () => {
    const { stderr } = await runFailing(host.agent, write('home/conf/a', { owner: 'root' }));
    expect(stderr).to.contain(`${at('home')} belongs to the user ${USER.name}`);
    writeFileSync(at('home/conf/of-root'), 'x');
    await runFailing(host.agent, write('home/conf/of-root'));
    await runFailing(host.agent, write('home/conf/a', { group: 'root' }));
    expect(readdirSync(at('home/conf'))).to.deep.equal(['of-root']);
    expect(readFileSync(at('home/conf/of-root'), 'utf8')).to.equal('x');
  });

  it('that no link of a user leads root anywhere', async () => {
    const before = own('secret');
    for (const name of ['l', 'f']) symlinkSync(at('secret'), at(`home/conf/${name}`));
    symlinkSync(base, at('home/conf/d'));
    await run(host.agent, write('home/conf/f'));
    await runFailing(host.agent, {
      kind: 'attributes',
      path: at('home/conf/l'),
      owner: USER.name,
      mode: '00666',
      follow: true,
    });
    await runFailing(host.agent, write('home/conf/d/new'));
    await runFailing(host.agent, { kind: 'recurse', path: at('home/conf/d'), owner: USER.name, mode: 'a+r' });
    await runFailing(host.agent, { kind: 'copy', from: at('home/conf/l'), path: at('out') });
    await runFailing(host.agent, { kind: 'remove', path: at('home/conf/d/secret'), what: 'file' });
    expect(own('secret')).to.equal(before);
    expect(readFileSync(at('secret'), 'utf8')).to.equal('of root\n');
    expect([existsSync(at('new')), existsSync(at('out'))]).to.deep.equal([false, false]);
    expect(readFileSync(at('home/conf/f'), 'utf8')).to.equal('new\n');
  });

  it('that links of root are followed', async () => {
    mkdirSync(at('real'));
    symlinkSync('real', at('link'));
    await run(host.agent, write('link/f', { mode: 0o644 }), {
      kind: 'attributes',
      path: at('link/f'),
      owner: USER.name,
      mode: '04755',
      follow: true,
    });
    expect(own('real/f')).to.equal(`${USER.uid}:0 4755`);
    expect(readlinkSync(at('link'))).to.equal('real');
  });

  it('that a sticky folder is shared: each has what is his', async () => {
    mkdirSync(at('shared'));
    chmodSync(at('shared'), 0o1777);
    writeFileSync(at('shared/his'), 'x');
    writeFileSync(at('shared/roots'), 'x');
    mkdirSync(at('shared/folder'));
    give('shared/his', 'shared/folder');
    await run(
      host.agent,
      write('shared/his'),
      write('shared/roots', { mode: 0o600 }),
      write('shared/new', { owner: USER.name, mode: 0o4755 }),
      write('shared/folder/f'),
      { kind: 'folders', paths: [at('shared/made')], mode: 0o2750, owner: USER.name, group: USER.name },
      { kind: 'link', path: at('shared/l'), target: 'x' },
      { kind: 'touch', path: at('shared/t'), follow: true, access: false, modification: false },
    );
    expect(
      ['his', 'roots', 'new', 'folder/f', 'made', 't'].map((name) => own(`shared/${name}`)),
    ).to.deep.equal([
      `${USER.uid}:${USER.gid} 644`,
      '0:0 600',
      `${USER.uid}:0 4755`,
      `${USER.uid}:${USER.gid} 644`,
      `${USER.uid}:${USER.gid} 2750`,
      '0:0 644',
    ]);
    await runFailing(host.agent, write('shared/his', { owner: 'root' }));
    expect(readdirSync(at('shared')).sort()).to.deep.equal([
      'folder',
      'his',
      'l',
      'made',
      'new',
      'roots',
      't',
    ]);
  });

  it('that nothing is believed where others may exchange names', async () => {
    mkdirSync(at('open'));
    chmodSync(at('open'), 0o777);
    mkdirSync(at('open/d'));
    writeFileSync(at('open/f'), 'x', { mode: 0o600 });
    await run(host.agent, write('open/new', { mode: 0o644 }), write('open/d/new'));
    expect(own('open/new')).to.equal('0:0 644');
    const attributes = { kind: 'attributes', path: at('open/f'), mode: '00644', follow: true } as const;
    expect((await runFailing(host.agent, attributes)).stderr).to.contain(
      `others than root may write to ${at('open')}`,
    );
    await runFailing(host.agent, write('open/f', { backup: true }));
    await runFailing(host.agent, { kind: 'recurse', path: at('open'), mode: 'a+r' });
    expect(own('open/f')).to.equal('0:0 600');
    const query = { kind: 'content', path: at('open/f') } as const;
    const { answers } = await host.agent.request({ steps: [], queries: [query] });
    expect(() => answers.get<'content'>(query)).to.throw(TaskError, 'others than root may write to');
  });

  it('that a group counts only where somebody is in it', async () => {
    for (const [name, gid] of [
      ['nobodys', NOBODYS_GROUP],
      ['theirs', USER.gid],
    ] as const) {
      mkdirSync(at(name));
      chownSync(at(name), 0, gid);
      chmodSync(at(name), 0o775);
      writeFileSync(at(`${name}/f`), 'x', { mode: 0o600 });
    }
    await run(host.agent, { kind: 'attributes', path: at('nobodys/f'), mode: '00644', follow: true });
    await runFailing(host.agent, { kind: 'attributes', path: at('theirs/f'), mode: '00644', follow: true });
    expect([own('nobodys/f'), own('theirs/f')]).to.deep.equal(['0:0 644', '0:0 600']);
  });

  it('below a folder, each part by itself', async () => {
    mkdirSync(at('tree/own/deep'), { recursive: true });
    mkdirSync(at('tree/his/deep'), { recursive: true });
    for (const name of ['own/f', 'own/deep/f', 'his/f', 'his/deep/f'])
      writeFileSync(at(`tree/${name}`), '', { mode: 0o600 });
    symlinkSync(at('secret'), at('tree/own/link'));
    give('tree/his', 'tree/his/f', 'tree/his/deep', 'tree/his/deep/f');
    await run(host.agent, { kind: 'recurse', path: at('tree'), mode: 'u=rwX,go=rX' });
    expect(['own/f', 'own/deep', 'his/deep/f', 'his'].map((name) => own(`tree/${name}`))).to.deep.equal([
      '0:0 644',
      '0:0 755',
      `${USER.uid}:${USER.gid} 644`,
      `${USER.uid}:${USER.gid} 755`,
    ]);
    await run(host.agent, {
      kind: 'recurse',
      path: at('tree'),
      owner: `${USER.name}:${USER.name}`,
      mode: 'g+s',
    });
    expect(
      ['own/f', 'own/deep', 'own/link'].map((name) => own(`tree/${name}`).replace(/ .*/, '')),
    ).to.deep.equal(['5:60', '5:60', '5:60']);
    expect(own('tree/own/deep')).to.equal('5:60 2755');
    expect(own('secret')).to.equal('0:0 600');
    await runFailing(host.agent, { kind: 'recurse', path: at('tree'), owner: 'root' });
  });

  it('who reads what a handler puts back', async () => {
    writeFileSync(at('home/conf/f'), 'before\n', { mode: 0o600 });
    give('home/conf/f');
    const key = 'reload.bd4d8b71ee8f2db8';
    const ask = (steps: Step[], more = {}) => host.agent.request({ steps, queries: [], ...more });
    await ask([write('home/conf/f'), write('home/conf/new')], { mark: ['reload'], keep: ['reload'] });
    expect(readFileSync(at('home/conf/f'), 'utf8')).to.equal('new\n');
    const marker =
      readdirSync('/var/lib/provision/previous').find((name) => name.startsWith('reload.')) ?? key;
    const { outputs } = await ask([{ kind: 'script', code: 'restore_files "$1"', args: [marker] }]);
    expect(outputs[0]!.stdout.split('\n').filter(Boolean).sort()).to.deep.equal([
      at('home/conf/f'),
      at('home/conf/new'),
    ]);
    expect(readFileSync(at('home/conf/f'), 'utf8')).to.equal('before\n');
    expect([own('home/conf/f'), existsSync(at('home/conf/new'))]).to.deep.equal(['5:60 600', false]);
    await ask([], { clear: ['reload'] });
    expect(existsSync(`/var/lib/provision/previous/${marker}`)).to.equal(false);
  });

  it('without the code, or a stream of the agent, in the hands of that user', async () => {
    const code = `tr '\\0' ' ' </proc/self/cmdline; readlink /proc/self/fd/0 /proc/self/fd/1 /proc/self/fd/2; ls /proc/self/fd | wc -l; tr '\\0' ' ' <"/proc/$PPID/cmdline"; echo; id -u`;
    const [output] = await run(host.agent, {
      kind: 'script',
      code: `: ${'hidden words'.repeat(2)}\n${code}`,
      at: [{ path: at('home'), how: 'inside' }],
    });
    expect(output!.stdout).to.match(/\n5\n$/);
    expect(output!.stdout).not.to.contain('hidden words');
    const agents = execFileSync('sh', [
      '-c',
      `for p in /proc/[0-9]*; do tr '\\0' ' ' <$p/cmdline; done 2>/dev/null | grep -c '[h]idden words' || true`,
    ]);
    expect(agents.toString().trim()).to.equal('0');
  });

  it('whatever the names', async () => {
    for (const name of ['new\nline', 'tab\there', "it's", '-x', ' ', '*', 'back\\slash', '$HOME']) {
      mkdirSync(at(`home/${name}`));
      give(`home/${name}`);
      await run(host.agent, write(`home/${name}/f`), write(`home/conf/${name}`));
      expect(own(`home/${name}/f`)).to.equal(`${USER.uid}:${USER.gid} 644`);
      const [answer] = await ask<'file'>(host.agent, { kind: 'file', path: at(`home/${name}/f`) });
      expect(answer?.by?.user).to.equal(USER.name);
    }
  });

  it('what that user holds up is ended, and a pipe is not waited for', async function () {
    this.timeout(60_000);
    execFileSync('mkfifo', [at('home/conf/pipe')]);
    give('home/conf/pipe');
    const began = Date.now();
    const answers = await host.agent.request({
      steps: [],
      queries: [
        { kind: 'content', path: at('home/conf/pipe') },
        ...stat.queries(
          {
            path: at('home/conf/pipe'),
            follow: false,
            get_checksum: true,
            checksum_algorithm: 'sha1',
          },
          Answers.of([]),
        ),
      ],
    });
    expect(answers.failed).to.equal(undefined);
    const copied = await runFailing(host.agent, {
      kind: 'copy',
      from: at('home/conf/pipe'),
      path: at('copied'),
      mode: 0o600,
    });
    expect(copied.stderr).to.match(/it is not a regular file/);
    expect(existsSync(at('copied'))).to.equal(false);
    expect(Date.now() - began).to.be.below(15_000);

    // The run is to end: what works with files gets a moment.
    const stop = new AbortController();
    const step = write('home/conf/f', { validate: ['sh', '-c', 'kill -STOP $$; :', '%s'] });
    const held = host.agent.request({ steps: [step], queries: [] }, { signal: stop.signal }).then(
      () => 'ended by itself',
      (error: Error) => error.message,
    );
    setTimeout(() => stop.abort(), 1500);
    expect(await held).to.match(/^stopped in its midst/);
    for (let tries = 0; tries < 100 && processesOf(USER.uid).length > 0; tries += 1)
      await new Promise((resolve) => setTimeout(resolve, 100));
    expect(processesOf(USER.uid)).to.deep.equal([]);
  });
});

/** The processes of a user, as the kernel names them. */
function processesOf(uid: number): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        return lstatSync(`/proc/${pid}`).uid === uid;
      } catch {
        return false;
      }
    });
}
