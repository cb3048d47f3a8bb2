import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { startAgent, type Agent } from '../../src/agent/agent.js';
import { Answers, queryKey, type Answer, type Query } from '../../src/agent/query.js';
import { resources } from '../../src/resources/index.js';
import type { Change } from '../../src/resources/resource.js';
import { validate, withDefaults } from '../../src/schema.js';
import { connectLocal } from '../../src/transport/local.js';

type Params = Readonly<Record<string, unknown>>;
type Local = ReadonlyMap<string, Answer>;

/** The resources of files against a real shell and a real file system: what they do once, they need not do again. */
describe('resources of files, on a real host', () => {
  let folder: string;
  let agent: Agent;

  before(async () => {
    agent = await startAgent(connectLocal(), { host: 'localhost' });
  });
  after(() => agent.close());
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'converge-'));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  const at = (name: string): string => join(folder, name);
  const modeOf = (name: string): string => (lstatSync(at(name)).mode & 0o7777).toString(8);
  const read = (name: string): string => readFileSync(at(name), 'utf8');

  async function know(name: string, params: Params, local: Local): Promise<Answers> {
    const known = new Map<string, Answer>(local);
    for (;;) {
      const missing = resources
        .get(name)!
        .queries(params, new Answers(new Map(known)))
        .filter((query) => !known.has(queryKey(query)));
      if (missing.length === 0) return new Answers(known);
      const { answers } = await agent.request({ steps: [], queries: missing });
      for (const query of missing) known.set(queryKey(query), answers.get(query as Query & { kind: 'file' }));
    }
  }

  /** Plan, apply, and find nothing left to do. Returns what differed. */
  async function converge(name: string, given: Params, local: Local = new Map()): Promise<readonly Change[]> {
    const resource = resources.get(name)!;
    expect(validate(resource.schema, given)).to.deep.equal([]);
    const params = withDefaults(resource.schema, given);
    const answers = await know(name, params, local);
    const changes = resource.plan(params, answers);
    expect(changes, 'something to do').not.to.deep.equal([]);
    const { failed, outputs } = await agent.request({
      steps: resource.apply(params, changes, answers),
      queries: [],
    });
    expect(failed, outputs.at(-1)?.stderr).to.equal(undefined);
    expect(resource.plan(params, await know(name, params, local)), 'in sync afterwards').to.deep.equal([]);
    return changes;
  }

  it('file makes folders with their parents, and sets modes for good', async () => {
    await converge('file', { path: at('a/b/c'), state: 'directory', mode: '0750' });
    expect([modeOf('a'), modeOf('a/b'), modeOf('a/b/c')]).to.deep.equal(['750', '750', '750']);
    chmodSync(at('a'), 0o2777);
    await converge('file', { path: at('a'), mode: '0755' });
    expect(modeOf('a')).to.equal('755');
    await converge('file', { path: at('a'), mode: 'g+s,o=' });
    expect(modeOf('a')).to.equal('2750');
  });

  it('file goes for all below a folder, links left alone', async () => {
    mkdirSync(at('t/sub'), { recursive: true });
    writeFileSync(at('t/plain'), '');
    writeFileSync(at('t/sub/program'), '', { mode: 0o700 });
    writeFileSync(at('outside'), '', { mode: 0o600 });
    symlinkSync(at('outside'), at('t/link'));
    await converge('file', { path: at('t'), mode: 'u=rwX,go=rX', recurse: true });
    expect(['t', 't/sub', 't/plain', 't/sub/program', 'outside'].map(modeOf)).to.deep.equal([
      '755',
      '755',
      '644',
      '755',
      '600',
    ]);
  });

  it('file links, also in place of what was there, and removes', async () => {
    writeFileSync(at('x'), 'x');
    await converge('file', { path: at('l'), src: 'x', state: 'link' });
    expect(readlinkSync(at('l'))).to.equal('x');
    await converge('file', { path: at('l'), src: at('nowhere'), state: 'link', force: true });
    expect(readlinkSync(at('l'))).to.equal(at('nowhere'));
    mkdirSync(at('empty'));
    await converge('file', { path: at('empty'), src: 'x', force: true });
    await converge('file', { path: at('l'), state: 'absent' });
    mkdirSync(at('full/deep'), { recursive: true });
    await converge('file', { path: at('full'), state: 'absent' });
    expect(readdirSync(folder).sort()).to.deep.equal(['empty', 'x']);
    await converge('file', {
      path: at("it's $new\nhere"),
      state: 'touch',
      mode: '0600',
      access_time: 'preserve',
      modification_time: 'preserve',
    });
    expect(modeOf("it's $new\nhere")).to.equal('600');
  });

  it('copy writes content, keeps what is not managed, backs up and validates', async () => {
    const dest = at('app.conf');
    await converge('copy', { content: 'a=1\n', dest, mode: '0600' });
    const changes = await converge('copy', {
      content: "quote ' and \\ and $x\n",
      dest,
      backup: true,
      validate: "grep -q 'and \\$x' %s",
    });
    expect(changes).to.deep.equal([
      { subject: dest, field: 'content', before: 'a=1\n', after: "quote ' and \\ and $x\n" },
    ]);
    expect(modeOf('app.conf')).to.equal('600');
    const [backup] = readdirSync(folder).filter((name) => name.endsWith('~'));
    expect(read(backup!)).to.equal('a=1\n');
  });

  it('copy leaves the file when the validation fails', async () => {
    const dest = at('app.conf');
    writeFileSync(dest, 'good');
    const params = withDefaults(resources.get('copy')!.schema, {
      content: 'bad',
      dest,
      validate: 'grep -q good %s',
    });
    const answers = await know('copy', params, new Map());
    const copy = resources.get('copy')!;
    const { failed } = await agent.request({
      steps: copy.apply(params, copy.plan(params, answers), answers),
      queries: [],
    });
    expect(failed).to.equal(0);
    expect(readdirSync(folder)).to.deep.equal(['app.conf']);
    expect(read('app.conf')).to.equal('good');
  });

  it('copy replaces a link or follows it, as it is told', async () => {
    mkdirSync(at('real'));
    writeFileSync(at('real/file'), 'old', { mode: 0o640 });
    symlinkSync('real/file', at('one'));
    symlinkSync('one', at('two'));
    await converge('copy', { content: 'new', dest: at('two'), follow: true });
    expect([read('real/file'), modeOf('real/file'), lstatSync(at('two')).isSymbolicLink()]).to.deep.equal([
      'new',
      '640',
      true,
    ]);
    await converge('copy', { content: 'own', dest: at('two') });
    expect([read('real/file'), read('two'), lstatSync(at('two')).isSymbolicLink()]).to.deep.equal([
      'new',
      'own',
      false,
    ]);
  });

  it('copy puts a tree there with bytes, modes and links', async () => {
    const query: Query = { kind: 'local-tree', path: 'site' };
    const entries = [
      { path: 'bin', type: 'directory', mode: 0o755 },
      { path: 'bin/run', type: 'file', mode: 0o755, content: Buffer.from('#!/bin/sh\n') },
      { path: 'logo', type: 'file', mode: 0o644, content: Buffer.from([0, 255, 10, 13]) },
      { path: 'now', type: 'link', mode: 0o777, target: 'bin' },
    ] as const;
    const local = new Map<string, Answer>([[queryKey(query), { entries }]]);
    await converge('copy', { src: 'site', dest: at('www'), mode: 'preserve', directory_mode: '0750' }, local);
    expect([
      modeOf('www/site'),
      modeOf('www/site/bin'),
      modeOf('www/site/bin/run'),
      modeOf('www/site/logo'),
    ]).to.deep.equal(['750', '750', '755', '644']);
    expect(readFileSync(at('www/site/logo'))).to.deep.equal(Buffer.from([0, 255, 10, 13]));
    expect(readlinkSync(at('www/site/now'))).to.equal('bin');
    rmSync(at('www/site/bin/run'));
    const changes = await converge('copy', { src: 'site', dest: at('www'), mode: 'preserve' }, local);
    expect(changes.map((change) => change.field)).to.deep.equal(['content', 'mode']);
  });

  it('copy copies on the host, in one piece', async () => {
    writeFileSync(at('from'), 'bytes', { mode: 0o755 });
    await converge('copy', {
      src: at('from'),
      dest: at('to'),
      remote_src: true,
      mode: 'preserve',
      validate: 'grep -q bytes %s',
    });
    expect([read('to'), modeOf('to')]).to.deep.equal(['bytes', '755']);
    writeFileSync(at('from'), 'other');
    await converge('copy', { src: at('from'), dest: `${at('new')}/`, remote_src: true });
    await converge('copy', { src: at('from'), dest: at('to'), remote_src: true, backup: true });
    expect([read('to'), modeOf('to'), read('new/from')]).to.deep.equal(['other', '755', 'other']);
    expect(
      readdirSync(folder)
        .filter((name) => name.startsWith('to.'))
        .map(read),
    ).to.deep.equal(['bytes']);
  });

  it('template goes into a folder under its own name', async () => {
    const query: Query = { kind: 'render', path: 'nginx/site.conf.ejs' };
    const local = new Map<string, Answer>([[queryKey(query), { content: 'server {}\n' }]]);
    await converge('template', { src: 'nginx/site.conf.ejs', dest: folder }, local);
    expect(read('site.conf')).to.equal('server {}\n');
  });

  it('lineinfile and blockinfile edit through links and keep the rest', async () => {
    writeFileSync(at('sshd_config'), '#Port 22\nX', { mode: 0o600 });
    symlinkSync('sshd_config', at('link'));
    await converge('lineinfile', { path: at('link'), regexp: '^#?Port', line: 'Port 2222' });
    await converge('blockinfile', { path: at('link'), block: 'a\nb', insertbefore: '^X' });
    expect(read('sshd_config')).to.equal(
      'Port 2222\n# BEGIN ANSIBLE MANAGED BLOCK\na\nb\n# END ANSIBLE MANAGED BLOCK\nX',
    );
    expect([modeOf('sshd_config'), lstatSync(at('link')).isSymbolicLink()]).to.deep.equal(['600', true]);
    await converge('lineinfile', { path: at('hosts'), line: '127.0.0.1 x', create: true, mode: '0640' });
    expect([read('hosts'), modeOf('hosts')]).to.deep.equal(['127.0.0.1 x\n', '640']);
  });

  it('sysctl writes its file', async function () {
    // A boot has to read it.
    if (process.getuid?.() !== 0) this.skip();
    const file = '/etc/sysctl.d/10-provision-converge-test.conf';
    await converge('sysctl', {
      name: 'net.ipv4.ip_forward',
      value: 0,
      reload: false,
      sysctl_file: file,
    });
    await converge('sysctl', {
      name: 'net.ipv4.ip_forward',
      value: 1,
      reload: false,
      sysctl_file: file,
    });
    expect(readFileSync(file, 'utf8')).to.equal('net.ipv4.ip_forward = 1\n');
    rmSync(file);
  });

  it('authorized_key keeps keys in a file of the user', async () => {
    const user = execFileSync('id', ['-un'], { encoding: 'utf8' }).trim();
    const path = at('ssh/authorized_keys');
    const key = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKEY me@home';
    await converge('authorized_key', { user, key, path, manage_dir: true });
    expect([read('ssh/authorized_keys'), modeOf('ssh'), modeOf('ssh/authorized_keys')]).to.deep.equal([
      `${key}\n`,
      '700',
      '600',
    ]);
    await converge('authorized_key', {
      user,
      key: key.replace('KEY', 'OTHER'),
      path,
      manage_dir: true,
      exclusive: true,
      key_options: 'no-pty',
    });
    expect(read('ssh/authorized_keys')).to.equal(`no-pty ${key.replace('KEY', 'OTHER')}\n`);
  });

  it('stat says what stat(2) says', async () => {
    writeFileSync(at('x'), 'abc', { mode: 0o640 });
    const stat = resources.get('stat')!;
    const params = withDefaults(stat.schema, { path: at('x'), get_checksum: true });
    const { stat: found } = stat.result!(params, await know('stat', params, new Map()), []) as {
      stat: Record<string, unknown>;
    };
    const real = statSync(at('x'));
    expect(found).to.include({
      exists: true,
      mode: '0640',
      size: 3,
      uid: real.uid,
      gid: real.gid,
      inode: real.ino,
      isreg: true,
    });
    expect(found['checksum']).to.equal('a9993e364706816aba3e25717850c26c9cd0d89d');
    expect(existsSync(at('x'))).to.equal(true);
  });
});
