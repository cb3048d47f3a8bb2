import { createHmac } from 'node:crypto';
import { expect } from 'chai';
import fc from 'fast-check';
import { findPins, parseKnownHosts } from '../../src/transport/known-hosts.js';

const KEY = 'AAAAC3NzaC1lZDI1NTE5AAAAIPinnedPinnedPinnedPinnedPinnedPinnedPinnedPinn';

/** The lines of a file that hold for a host. */
function lines(text: string, host: string, port = 22): number[] {
  return findPins(parseKnownHosts(text, 'known_hosts'), host, port).map(({ line }) => line);
}
function hashed(name: string): string {
  const salt = Buffer.from('01234567890123456789');
  return `|1|${salt.toString('base64')}|${createHmac('sha1', salt).update(name).digest('base64')}`;
}

describe('known_hosts', () => {
  for (const [what, hosts, host, port, matches] of [
    ['a name', 'web1', 'web1', 22, true],
    ['a name in other case', 'Web1', 'wEB1', 22, true],
    ['another name', 'web1', 'web11', 22, false],
    ['a list', 'a,web1,10.0.0.1', '10.0.0.1', 22, true],
    ['a plain name at another port', 'web1', 'web1', 2222, false],
    ['a port', '[web1]:2222', 'web1', 2222, true],
    ['another port', '[web1]:2222', 'web1', 2223, false],
    ['an address of version 6', 'fd00::1', 'fd00::1', 22, true],
    ['an address of version 6 and a port', '[fd00::1]:2222', 'fd00::1', 2222, true],
    ['a star', '*.example.org', 'a.b.example.org', 22, true],
    ['a star that needs a dot', '*.example.org', 'example.org', 22, false],
    ['a question mark', '10.0.0.?', '10.0.0.7', 22, true],
    ['a dot is no wildcard', 'a.b*', 'axb', 22, false],
    ['a negation', '*.org,!bad.org', 'bad.org', 22, false],
    ['a negation of another', '*.org,!bad.org', 'good.org', 22, true],
    ['a negation alone', '!bad.org', 'good.org', 22, false],
    ['a hashed name', hashed('web1'), 'WEB1', 22, true],
    ['a hashed name and port', hashed('[web1]:2222'), 'web1', 2222, true],
    ['a hash of another name', hashed('web1'), 'web2', 22, false],
    ['a broken hash', '|1|x', 'web1', 22, false],
    ['a hash of another version', hashed('web1').replace('|1|', '|2|'), 'web1', 22, false],
  ] as const) {
    it(`${matches ? 'matches' : 'does not match'}: ${what}`, () => {
      expect(lines(`${hosts} ssh-ed25519 ${KEY}\n`, host, port)).to.deep.equal(matches ? [1] : []);
    });
  }

  it('knows comments, blank lines, markers and blanks of any kind', () => {
    const text = `# web1 ssh-rsa x\n\n  web1 \t ssh-ed25519\t${KEY} a comment\n@revoked web1 ssh-rsa R\r\n@cert-authority *eb1 ssh-rsa C\nweb1\nweb1 ssh-rsa\n`;
    const pins = findPins(parseKnownHosts(text, 'f'), 'web1', 22);
    expect(pins.map(({ marker, type, key, line }) => [marker, type, key, line])).to.deep.equal([
      [undefined, 'ssh-ed25519', KEY, 3],
      ['revoked', 'ssh-rsa', 'R', 4],
      ['cert-authority', 'ssh-rsa', 'C', 5],
    ]);
  });

  it('never fails, whatever is in the file', () => {
    fc.assert(
      fc.property(
        fc.string({
          unit: fc.constantFrom(
            'a',
            '|',
            '1',
            ',',
            '!',
            '*',
            '?',
            '[',
            ']',
            ':',
            ' ',
            '\n',
            '@',
            '(',
            '\\',
            '+',
          ),
        }),
        (text) => {
          expect(lines(`${text}\nhost k x`, 'host').length).to.be.greaterThan(0);
        },
      ),
    );
  });

  it('is quick with a pattern of many stars', () => {
    const began = performance.now();
    lines(`${'*a'.repeat(30)}b ssh-rsa x`, 'a'.repeat(60));
    expect(performance.now() - began).to.be.lessThan(1000);
  });
});
