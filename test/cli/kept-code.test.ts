import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import * as module from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';

const bin = fileURLToPath(new URL('../../bin/provision.js', import.meta.url));

describe('compiled code that is kept', function () {
  let cache: string;
  before(function () {
    // Later releases of Node keep it themselves.
    if ('enableCompileCache' in module) this.skip();
    if (!existsSync(join(bin, '../../dist/cli.js'))) this.skip();
  });
  beforeEach(() => {
    cache = mkdtempSync(join(tmpdir(), 'provision-cache-'));
  });
  afterEach(() => rmSync(cache, { recursive: true, force: true }));

  const run = (...args: string[]): string =>
    execFileSync(process.execPath, [bin, ...args], {
      encoding: 'utf8',
      env: { ...process.env, XDG_CACHE_HOME: cache },
    });
  const builds = (): string[] =>
    readdirSync(join(cache, 'provision', 'builds')).map((name) => join(cache, 'provision', 'builds', name));
  /** What is kept, with when it was written. */
  const kept = (): Map<string, number> =>
    new Map(
      builds().flatMap((build) =>
        readdirSync(build).map((name) => [name, statSync(join(build, name)).mtimeMs] as const),
      ),
    );

  it('is written by the first run for its user alone, and left as it is by the next one', () => {
    const version = run('--version');
    const first = kept();
    expect([...first.keys()]).to.include('cli.js');
    const [build = ''] = builds();
    expect(statSync(build).mode & 0o777).to.equal(0o700);
    expect(statSync(join(build, 'cli.js')).mode & 0o777).to.equal(0o600);
    expect(run('--version')).to.equal(version);
    expect(kept()).to.deep.equal(first);
  });

  it('grows with what a later run uses besides', () => {
    run('--version');
    const first = kept();
    run('plan', '--help');
    const more = kept();
    expect(more.size).to.be.greaterThan(first.size);
    run('plan', '--help');
    expect(kept()).to.deep.equal(more);
  });

  it('is made again when it is no good', () => {
    const version = run('--version');
    const [build = ''] = builds();
    for (const name of readdirSync(build)) writeFileSync(join(build, name), 'nonsense');
    expect(run('--version')).to.equal(version);
    for (const name of readdirSync(build))
      expect(readFileSync(join(build, name), 'utf8')).not.to.equal('nonsense');
  });

  it('is neither believed nor written where others can write', () => {
    const version = run('--version');
    const [build = ''] = builds();
    writeFileSync(join(build, 'cli.js'), 'nonsense');
    chmodSync(join(build, 'cli.js'), 0o666);
    chmodSync(build, 0o777);
    expect(run('--version')).to.equal(version);
    expect(readFileSync(join(build, 'cli.js'), 'utf8')).to.equal('nonsense');
  });

  it('is no condition: without a place for it all works', () => {
    writeFileSync(join(cache, 'provision'), 'a file');
    expect(run('--version')).to.match(/^\d/);
    expect(readFileSync(join(cache, 'provision'), 'utf8')).to.equal('a file');
  });

  it('is given up where no folder can be made', () => {
    const ran = spawnSync(process.execPath, [bin, '--version'], {
      encoding: 'utf8',
      timeout: 10_000,
      env: { ...process.env, XDG_CACHE_HOME: '/proc/none' },
    });
    expect([ran.status, ran.signal]).to.deep.equal([0, null]);
  });

  it('of the builds before the last three is removed', () => {
    for (const [index, name] of ['a', 'b', 'c'].entries()) {
      const build = join(cache, 'provision', 'builds', name);
      mkdirSync(build, { recursive: true });
      utimesSync(build, index, index);
    }
    run('--version');
    const names = readdirSync(join(cache, 'provision', 'builds'));
    expect(names).to.include.members(['b', 'c']).and.not.to.include('a');
    expect(names).to.have.length(3);
  });
});

describe('where code is kept', function () {
  let cache: string;
  before(function () {
    if (!existsSync(join(bin, '../../dist/cli.js'))) this.skip();
  });
  beforeEach(() => {
    cache = mkdtempSync(join(tmpdir(), 'provision-cache-'));
  });
  afterEach(() => rmSync(cache, { recursive: true, force: true }));

  /** What is in the folder after a run of this release of Node, with the times of when it was written. */
  function run(): [string, number][] {
    const env = { ...process.env, XDG_CACHE_HOME: cache };
    expect(execFileSync(process.execPath, [bin, '--version'], { encoding: 'utf8', env })).to.match(/^\d/);
    return readdirSync(cache, { recursive: true, encoding: 'utf8' }).map((name) => [
      name,
      statSync(join(cache, name)).mtimeMs,
    ]);
  }

  it('a second run takes what the first has kept', () => {
    const first = run();
    expect(first.length).to.be.greaterThan(2);
    expect(run()).to.deep.equal(first);
  });

  it('nothing is kept in a folder that others can write to, or below one', () => {
    chmodSync(cache, 0o777);
    expect(run()).to.deep.equal([]);
    mkdirSync(join(cache, 'provision'), { mode: 0o700 });
    expect(run().map(([name]) => name)).to.deep.equal(['provision']);
  });

  it('what somebody else has put there is neither read nor written', function () {
    if (process.geteuid?.() !== 0) this.skip();
    const names = run().map(([name]) => name);
    const file = names.filter((name) => statSync(join(cache, name)).isFile()).sort()[0] ?? '';
    for (const name of [file, dirname(file)]) {
      const before = run();
      for (const [one] of before) chownSync(join(cache, one), 0, 0);
      chownSync(join(cache, name), 1, 1);
      // Broken code would be written anew where it is believed.
      for (const [one] of before)
        if (statSync(join(cache, one)).isFile()) writeFileSync(join(cache, one), 'nonsense');
      run();
      // Left as it is, or put in the place of what somebody else owned, which was not read.
      if (statSync(join(cache, name)).uid !== 0)
        expect(readFileSync(join(cache, file), 'utf8')).to.equal('nonsense');
      else expect(name).to.equal(file);
    }
  });
});
