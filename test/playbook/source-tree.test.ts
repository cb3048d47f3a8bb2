import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import { ConfigurationError } from '../../src/errors.js';
import { readSourceTree } from '../../src/playbook/source-tree.js';

describe('what copy takes of a folder', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'source-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  /** `a/b: text` is a file, `a/l: -> x` a link, `a/:` a folder. */
  function make(entries: Readonly<Record<string, string>>): void {
    for (const [path, what] of Object.entries(entries)) {
      const at = join(folder, path);
      mkdirSync(path.endsWith('/') ? at : dirname(at), { recursive: true });
      if (what.startsWith('-> ')) symlinkSync(what.slice(3), at);
      else if (!path.endsWith('/')) writeFileSync(at, what);
    }
  }

  function read(source = 's', follow = true): string[] {
    return readSourceTree(join(folder, source), { follow }).map(
      ({ path, type, target, outside }) =>
        `${type} ${path}${target === undefined ? '' : ` -> ${target}`}${outside ? ' (outside)' : ''}`,
    );
  }

  function problems(source = 's', follow = true): readonly string[] {
    try {
      read(source, follow);
    } catch (error) {
      if (error instanceof ConfigurationError) return error.detail;
      throw error;
    }
    throw new Error('nothing is wrong with it');
  }

  it('is the content of what links lead to, also outside and through several links', () => {
    make({
      's/d/f': 'f',
      's/l': '-> d',
      's/o': '-> ../outside',
      's/p': '-> ../more',
      outside: 'o',
      more: '-> folder',
      'folder/x': 'x',
    });
    expect(read()).to.deep.equal([
      'directory d',
      'file d/f',
      'directory l',
      'file l/f',
      'file o',
      'directory p',
      'file p/x',
    ]);
  });

  it('is the same whether its own name is a link or not, and one entry of a file', () => {
    make({ 's/f': 'f', link: '-> s', file: '-> s/f' });
    expect(read('link')).to.deep.equal(['file f']);
    expect(read('file')).to.deep.equal(['file ']);
    expect(read('file', false)).to.deep.equal(['file ']);
  });

  it('keeps links as links where it shall, and knows which lead out of the folder', () => {
    make({
      's/d/f': 'f',
      's/l': '-> d',
      's/up': '-> .',
      's/through': '-> l/f',
      's/o': '-> ../outside',
      's/none': '-> nothing',
      's/abs': '-> /etc/hostname',
      outside: 'o',
    });
    expect(read('s', false)).to.deep.equal([
      'link abs -> /etc/hostname (outside)',
      'directory d',
      'file d/f',
      'link l -> d',
      'link none -> nothing (outside)',
      'link o -> ../outside (outside)',
      'link through -> l/f',
      'link up -> .',
    ]);
  });

  it('keeps a link to a device, which has no content: so a unit is masked', () => {
    make({ 's/some.service': '-> /dev/null' });
    expect(read()).to.deep.equal(['link some.service -> /dev/null (outside)']);
  });

  it('is nothing where links lead nowhere: all are named', () => {
    make({ 's/a/l': '-> missing', 's/b': '-> ../none/at/all', 's/c': '-> a/f/x', 's/a/f': 'f' });
    expect(problems()).to.deep.equal([
      'a/l -> missing: leads nowhere',
      'b -> ../none/at/all: leads nowhere',
      'c -> a/f/x: leads nowhere',
    ]);
  });

  it('is nothing where links lead in a circle, of two, to a folder above, or beside the source', () => {
    make({
      's/one': '-> two',
      's/two': '-> one',
      's/a/up': '-> ..',
      's/x/to-y': '-> ../../y',
      'y/to-x': '-> ../s/x',
      't/out': '-> ..',
    });
    expect(problems()).to.deep.equal([
      'a/up -> ..: leads in a circle, to a folder that it is in',
      'one -> two: leads in a circle',
      'two -> one: leads in a circle',
      'x/to-y/to-x -> ../s/x: leads in a circle, to a folder that it is in',
    ]);
    // The folder that holds the source holds it again.
    expect(problems('t')).to.include('out/t: a link on the way leads in a circle');
    expect(problems('s', false)).to.deep.equal([
      'one -> two: leads in a circle',
      'two -> one: leads in a circle',
    ]);
  });

  it('is nothing where folders that link to each other come to more than anybody means', function () {
    this.timeout(20_000);
    const names = Array.from({ length: 24 }, (_one, index) => `d${index}`);
    for (const [index, name] of names.entries()) {
      const next = names[index + 1];
      make(
        next
          ? { [`s/${name}/a`]: `-> ../${next}`, [`s/${name}/b`]: `-> ../${next}` }
          : { [`s/${name}/`]: '' },
      );
    }
    expect(problems()[0]).to.include('links lead to more than');
  });

  it('is nothing where there is a pipe, which has no content', () => {
    make({ 's/f': 'f' });
    execFileSync('mkfifo', [join(folder, 's/pipe')]);
    expect(problems()).to.deep.equal(['pipe is a socket, a pipe or a device, which has no content']);
    expect(problems('s/pipe')).to.deep.equal(['it is a socket, a pipe or a device, which has no content']);
  });
});
