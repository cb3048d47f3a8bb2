import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import fc from 'fast-check';
import {
  chmodArgument,
  formatMode,
  modeSchema,
  resolveMode,
} from '../../../src/resources/filesystem/mode.js';
import { recurseQuery } from '../../../src/resources/file/recurse.js';
import { validate } from '../../../src/schema.js';
import { quote } from '../../../src/agent/quote.js';
import { shellText } from '../../../src/agent/shell-text.js';

const bits = fc.integer({ min: 0, max: 0o7777 });
const permissions = fc.string({ unit: fc.constantFrom('r', 'w', 'x', 'X', 's', 't'), maxLength: 3 });
const who = fc.constantFrom('u', 'g', 'o', 'a', 'ug', 'go', 'ugo');
const operation = fc.tuple(fc.constantFrom('=', '+', '-'), permissions).map((parts) => parts.join(''));
const clause = fc
  .tuple(who, fc.array(operation, { minLength: 1, maxLength: 2 }))
  .map(([one, all]) => one + all.join(''));
const symbolic = fc.array(clause, { minLength: 1, maxLength: 3 }).map((clauses) => clauses.join(','));
const copying = fc
  .tuple(who, fc.constantFrom('=u', '=g', '=o', '+u', '-o', '+g'))
  .map((parts) => parts.join(''));

/** What of the agent's shell a question uses. */
const AGENT = `uid=$(id -u)\nfiles=${quote(shellText('files.sh'))}\neval "$files"\n${shellText('owner.sh')}`;

describe('modes', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'mode-'));
  });
  afterEach(() => {
    execFileSync('chmod', ['-R', 'u+rwX', folder]);
    rmSync(folder, { recursive: true });
  });

  for (const type of ['file', 'directory'] as const) {
    it(`mean for a ${type} what they mean to chmod`, () => {
      const path = join(folder, type);
      if (type === 'file') writeFileSync(path, '');
      else mkdirSync(path);
      fc.assert(
        fc.property(bits, fc.oneof(symbolic, copying), (start, mode) => {
          expect(validate(modeSchema, mode)).to.deep.equal([]);
          chmodSync(path, start);
          execFileSync('chmod', ['--', mode, path]);
          const wanted = statSync(path).mode & 0o7777;
          expect(formatMode(resolveMode(mode, type, start)), `${formatMode(start)} ${mode}`).to.equal(
            formatMode(wanted),
          );
        }),
        { numRuns: 150 },
      );
    });

    it(`in numbers are set exactly by the argument for chmod (${type})`, () => {
      const path = join(folder, type);
      if (type === 'file') writeFileSync(path, '');
      else mkdirSync(path);
      fc.assert(
        fc.property(bits, bits, (start, wanted) => {
          chmodSync(path, start);
          execFileSync('chmod', ['--', chmodArgument(formatMode(wanted)), path]);
          expect(statSync(path).mode & 0o7777).to.equal(wanted);
        }),
        { numRuns: 40 },
      );
    });
  }

  it('in a tree are found wrong exactly until chmod -R has been there', () => {
    const names = ['plain', 'program', 'sub', 'sub/plain'];
    const modes = fc.oneof(
      fc.constantFrom(
        '0755',
        '0640',
        '2750',
        'u=rwX,g=rX,o=',
        'a+rX',
        'go-w',
        'u=rwX,go=rX',
        'ug+s',
        'o-t,g+s',
      ),
      fc
        .array(
          fc
            .tuple(who, fc.constantFrom('=rX', '+rwX', '-w', '=', '+r', '-s', '=rw'))
            .map((parts) => parts.join('')),
          {
            minLength: 1,
            maxLength: 2,
          },
        )
        .map((clauses) => `u+rwX,${clauses.join(',')},u+rwX`),
    );
    fc.assert(
      fc.property(fc.tuple(bits, bits, bits, bits), modes, (starts, mode) => {
        const tree = mkdtempSync(join(folder, 'tree-'));
        mkdirSync(join(tree, 'sub'));
        for (const name of names.filter((one) => one !== 'sub')) writeFileSync(join(tree, name), '');
        // The tests do not always run as root: what they cannot enter they cannot judge.
        for (const [index, name] of [...names.entries()].reverse())
          chmodSync(join(tree, name), starts[index]! | (name === 'sub' ? 0o700 : 0));
        const { code, args } = recurseQuery({ path: tree, mode, force: false, follow: true, recurse: true });
        const wrong = (): string =>
          execFileSync('sh', ['-c', `${AGENT}\n${code}`, 'sh', ...args!], { encoding: 'utf8' })
            .split('\n')
            .filter((line) => line.startsWith('/'))
            .join();
        const before = names.map((name) => statSync(join(tree, name)).mode);
        const found = wrong();
        execFileSync('chmod', ['-R', '--', chmodArgument(mode), `${tree}/`]);
        const after = names.map((name) => statSync(join(tree, name)).mode);
        expect(found === '', `${mode}: ${found}`).to.equal(before.join() === after.join());
        expect(wrong()).to.equal('');
      }),
      { numRuns: 60 },
    );
  });

  it('without whom means what it means with a umask of 022', () => {
    for (const [mode, before, after, argument] of [
      ['+x', 0o644, 0o755, 'a+x'],
      ['+w', 0o444, 0o644, 'u+w'],
      ['-w', 0o666, 0o466, 'u-w'],
      ['+rwx', 0o000, 0o755, 'a+rx,u+w'],
      ['=rw', 0o777, 0o644, 'a=r,u+w'],
      ['u+x,+r', 0o200, 0o744, 'u+x,a+r'],
    ] as const) {
      expect(resolveMode(mode, 'file', before), mode).to.equal(after);
      expect(chmodArgument(mode)).to.equal(argument);
    }
  });
});
