import { expect } from 'chai';
import fc from 'fast-check';
import { createPathTest, type Disk, type Who } from '../../src/trust/path.js';

const ME = 1000;
const OTHER = 1;

interface Entry {
  readonly uid: number;
  readonly gid?: number;
  readonly mode: number;
  readonly target?: string;
}

const folder = (uid: number, mode = 0o755, gid = 0): Entry => ({ uid, gid, mode: 0o040000 | mode });
const file = (uid: number, mode = 0o644, gid = 0): Entry => ({ uid, gid, mode: 0o100000 | mode });
const link = (uid: number, target: string): Entry => ({ uid, mode: 0o120777, target });

/** A file system of these entries. */
function diskOf(entries: Readonly<Record<string, Entry>>): Disk {
  return {
    lstat: (path) => {
      const found = entries[path];
      return found && { gid: 0, ...found };
    },
    readlink: (path) => entries[path]?.target ?? '',
    exists: (path) => path in entries,
  };
}

const who = (given: Partial<Who> = {}): Who => ({
  uid: ME,
  uids: new Set([ME, 0]),
  isPrivate: (gid) => gid === ME,
  consented: [],
  ...given,
});

const base = {
  '/': folder(0),
  '/tmp': folder(0, 0o1777),
  '/home': folder(0),
  '/home/me': folder(ME, 0o700),
};

/** `path why` of each fault. */
function faults(path: string, entries: Readonly<Record<string, Entry>>, given: Partial<Who> = {}): string[] {
  return createPathTest(
    who(given),
    diskOf({ ...base, ...entries }),
  )(path).faults.map((fault) => `${fault.path} ${fault.why}`);
}

describe('whether a path is to be believed', () => {
  it("it is where it and all folders above are the own ones or root's, closed to others", () => {
    expect(faults('/home/me/site.yml', { '/home/me/site.yml': file(ME) })).to.deep.equal([]);
    expect(faults('/home/site.yml', { '/home/site.yml': file(0) })).to.deep.equal([]);
  });

  it('it is not where somebody else owns it, or everybody can write to it', () => {
    expect(faults('/home/a', { '/home/a': file(OTHER) })).to.deep.equal(['/home/a owner']);
    expect(faults('/home/a', { '/home/a': file(ME, 0o646) })).to.deep.equal(['/home/a everybody']);
  });

  it('of a group it may be written when nobody else is in it', () => {
    expect(faults('/home/a', { '/home/a': file(ME, 0o664, ME) })).to.deep.equal([]);
    expect(faults('/home/a', { '/home/a': file(ME, 0o664, 50) })).to.deep.equal(['/home/a group']);
  });

  it('it is not below a folder of somebody else, or one that others can write to', () => {
    const inside = { '/home/x/a': folder(ME), '/home/x/a/b': file(ME) };
    expect(faults('/home/x/a/b', { ...inside, '/home/x': folder(OTHER) })).to.deep.equal(['/home/x owner']);
    expect(faults('/home/x/a/b', { ...inside, '/home/x': folder(ME, 0o777) })).to.deep.equal([
      '/home/x everybody',
    ]);
  });

  it('a sticky folder is good on the way, but not in the place of what is used, and not of somebody else', () => {
    expect(faults('/tmp/a', { '/tmp/a': file(ME) })).to.deep.equal([]);
    expect(faults('/tmp/a', { '/tmp/a': file(OTHER) })).to.deep.equal(['/tmp/a owner']);
    expect(faults('/tmp', {})).to.deep.equal(['/tmp everybody']);
    const others = { '/home/t': folder(OTHER, 0o1777), '/home/t/a': file(ME) };
    expect(faults('/home/t/a', others)).to.deep.equal(['/home/t owner']);
  });

  it('links are followed, and count themselves', () => {
    const there = { '/home/o': folder(OTHER), '/home/o/a': file(OTHER) };
    expect(faults('/home/me/a', { '/home/me/a': link(ME, '/home/o/a'), ...there })).to.deep.equal([
      '/home/o owner',
      '/home/o/a owner',
    ]);
    expect(faults('/tmp/a', { '/tmp/a': link(OTHER, '/home/me/b'), '/home/me/b': file(ME) })).to.deep.equal([
      '/tmp/a owner',
    ]);
    // Of folders on the way, relative ones too.
    const roles = { '/home/me/roles': link(ME, '../o'), '/home/o': folder(OTHER), '/home/o/a': file(ME) };
    expect(faults('/home/me/roles/a', roles)).to.deep.equal(['/home/o owner']);
    expect(faults('/home/me/l', { '/home/me/l': link(ME, 'l') })).to.deep.equal([]);
  });

  it('what is not there is judged by where it would be', () => {
    const test = createPathTest(who(), diskOf({ ...base, '/home/o': folder(OTHER) }));
    expect(test('/tmp/new')).to.deep.include({ exists: false, faults: [] });
    expect(test('/home/o/new/er')).to.deep.include({ exists: false });
    expect(test('/home/o/new/er').faults.map(({ path }) => path)).to.deep.equal(['/home/o']);
  });

  it('what a shell has opened has no path, and is believed; a name like it is not', () => {
    const proc = {
      '/proc': folder(0, 0o555),
      '/proc/self': link(0, '7'),
      '/proc/7': folder(ME, 0o555),
      '/proc/7/fd': folder(ME, 0o500),
      '/proc/7/fd/63': link(ME, 'pipe:[1]'),
      '/dev': folder(0),
      '/dev/fd': link(0, '/proc/self/fd'),
    };
    const test = createPathTest(who(), diskOf({ ...base, ...proc }));
    expect(test('/dev/fd/63')).to.deep.include({ exists: true, faults: [] });
    expect(test('/dev/fd/64').exists).to.equal(false);
  });

  it('in a folder that was consented to all is believed, and nothing beside it', () => {
    const entries = {
      '/home/o': folder(OTHER, 0o777),
      '/home/o/site': folder(OTHER),
      '/home/o/site/a': file(OTHER, 0o666),
      '/home/o/site-2': file(OTHER),
      '/home/o/site/out': link(OTHER, '/home/o/site-2'),
    };
    const given = { consented: ['/home/o/site'] };
    expect(faults('/home/o/site/a', entries, given)).to.deep.equal([]);
    expect(faults('/home/o/site-2', entries, given)).to.include('/home/o/site-2 owner');
    expect(faults('/home/o/site/out', entries, given)).to.include('/home/o/site-2 owner');
    expect(faults('/home/o/site-2', entries, { consented: ['/'] })).to.deep.equal([]);
  });

  it('a fault anywhere on the way is found, however deep (property)', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 12 }), fc.nat(), fc.boolean(), (depth, at, byOwner) => {
        const entries: Record<string, Entry> = { '/': folder(0) };
        let path = '';
        for (let level = 0; level < depth; level += 1) {
          path += `/d${level}`;
          const bad = level === at % depth;
          entries[path] = bad ? (byOwner ? folder(OTHER) : folder(ME, 0o757)) : folder(level % 2 ? ME : 0);
        }
        const test = createPathTest(who(), diskOf(entries));
        expect(test(path).faults).to.have.length(1);
        expect(test(`${path}/not/there`).faults).to.have.length(1);
      }),
    );
  });
});
