import { expect } from 'chai';
import fc from 'fast-check';
import { editKeys } from '../../../src/resources/account/edit-keys.js';
import { formatKey, parseKey, type AuthorizedKey } from '../../../src/resources/account/parse-key.js';

const option = fc.oneof(
  fc.constantFrom('no-pty', 'restrict', 'cert-authority'),
  fc
    .string({ unit: fc.constantFrom('a', ' ', ',', '#', '\\"', 'ssh-rsa '), maxLength: 6 })
    .map((value) => `command="${value}"`),
);
const key: fc.Arbitrary<AuthorizedKey> = fc.record({
  options: fc.array(option, { maxLength: 2 }).map((options) => options.join(',')),
  type: fc.constantFrom('ssh-ed25519', 'ssh-rsa', 'ecdsa-sha2-nistp256', 'sk-ssh-ed25519@openssh.com'),
  blob: fc.constantFrom('AAAAone', 'AAAAtwo', 'AAAA/+three=='),
  comment: fc.constantFrom('', 'me@home', 'two words', 'ssh-rsa'),
});
const line = fc.oneof(key.map(formatKey), fc.constantFrom('', '# comment', '#ssh-rsa AAAAone', 'nonsense'));
const text = fc.array(line, { maxLength: 6 }).map((lines) => lines.map((one) => `${one}\n`).join(''));
const edit = fc.record({
  keys: fc.uniqueArray(key, { minLength: 1, maxLength: 3, selector: (one) => one.blob }),
  want: fc.constantFrom('present', 'absent', 'only'),
});

describe('authorized keys', () => {
  it('are read as they are written', () => {
    fc.assert(
      fc.property(key, (one) => {
        expect(parseKey(formatKey(one))).to.deep.equal(one);
      }),
    );
  });

  it('edited twice are edited once', () => {
    fc.assert(
      fc.property(text, edit, (before, wanted) => {
        const after = editKeys(before, wanted as Parameters<typeof editKeys>[1]);
        expect(editKeys(after, wanted as Parameters<typeof editKeys>[1])).to.equal(after);
      }),
      { numRuns: 1000 },
    );
  });

  it('are the given ones and no others when they shall be, and comments stay', () => {
    fc.assert(
      fc.property(text, edit, (before, { keys }) => {
        const lines = editKeys(before, { keys, want: 'only' }).split('\n').slice(0, -1);
        const blobs = lines.flatMap((one) => parseKey(one)?.blob ?? []);
        expect(blobs.sort()).to.deep.equal(keys.map((one) => one.blob).sort());
        const others = (all: string[]): string[] => all.filter((one) => parseKey(one) === undefined);
        expect(others(lines)).to.deep.equal(others(before.split('\n').slice(0, -1)));
      }),
    );
  });
});
