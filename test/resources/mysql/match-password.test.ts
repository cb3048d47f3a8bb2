import { expect } from 'chai';
import { matchPassword, nativeHash } from '../../../src/resources/mysql/match-password.js';
import { sha256Crypt } from '../../../src/resources/mysql/sha256-crypt.js';

describe('matchPassword', () => {
  it('knows the hash of mysql_native_password', () => {
    // SELECT PASSWORD("pw'x") on MariaDB 10.11
    const stored = Buffer.from('*5146DE71291F8D7B46874C14DD351748E9B8A304');
    expect(matchPassword('mysql_native_password', stored, "pw'x")).to.equal('same');
    expect(matchPassword('', stored, "pw'x")).to.equal('same');
    expect(matchPassword('mysql_native_password', stored, "pw'X")).to.equal('different');
    expect(matchPassword('mysql_native_password', Buffer.from('invalid'), 'x')).to.equal('different');
    expect(nativeHash('')).to.equal('');
  });

  it('knows the salted hash of caching_sha2_password', () => {
    const stored = Buffer.concat([
      Buffer.from('$A$005$'),
      Buffer.from('F9CC98CE08892924F50A213B6BC571A2C11778C5', 'hex'),
      Buffer.from(
        '625479393559393965414D45316477456B484F41316E64484742577A2E3162785353526B7554584647562F',
        'hex',
      ),
    ]);
    expect(matchPassword('caching_sha2_password', stored, 'hashcat')).to.equal('same');
    expect(matchPassword('caching_sha2_password', stored, 'hashcaT')).to.equal('different');
    expect(matchPassword('caching_sha2_password', Buffer.from('$A$'), 'x')).to.equal('different');
    expect(matchPassword('caching_sha2_password', Buffer.alloc(0), '')).to.equal('same');
  });

  it('does not pretend to know others', () => {
    expect(matchPassword('ed25519', Buffer.alloc(0), 'x')).to.equal('unknown');
  });
});

describe('sha256Crypt', () => {
  // openssl passwd -5 -salt SALT PASSWORD
  const vectors: readonly [string, string, string][] = [
    ['saltstring', 'Hello world!', '5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc5'],
    ['abc', 'a', 'HHlb8QMClR55.dRTU4JXNgHGkR1U6jlbNtlfDN528y0'],
    ['0123456789abcdef', 'a', 'ayU.IUrWVARjs3nYpgeybIXMNdiIBTFNCdxEEQ7j/x8'],
    ['abc', 'exactly thirty-two bytes of text', 'hEkHAfhTip.SWdFjeJwaGXwxNOyKP2NPOpgtOfJzc66'],
    ['0123456789abcdef', 'exactly thirty-two bytes of text', 'Lu0P/NCbgBksqchit7kkPVkG71GOu.pkKGm1jPFk298'],
    [
      'abc',
      'a much longer password than thirty-two bytes of text, really',
      '1LjN/KzxfZH2OCG9gQgcd5zAO7ym6i7SPwxNo6b/nr/',
    ],
    [
      '0123456789abcdef',
      'a much longer password than thirty-two bytes of text, really',
      'RdtJojDVjFDOXEwNTq/Y4zKEJdvjvdIPhS6QPzhoBK4',
    ],
    ['abc', 'schlüssel', 'JVnwKo3D2VzypVDNnxU.RAsnGJNEcUGO3R5K4RJUdQ7'],
    ['0123456789abcdef', 'schlüssel', 'j9XyL6iCVVErICZyO9s390P2oiw.QOklI96vnOMaxO4'],
  ];
  for (const [salt, password, hash] of vectors) {
    it(`of ${password.length} characters`, () => {
      expect(sha256Crypt(Buffer.from(password), Buffer.from(salt), 5000)).to.equal(hash);
    });
  }
});
