import { expect } from 'chai';
import fc from 'fast-check';
import { contentDiff } from '../../src/controller/content-diff.js';
import { createSecrets } from '../../src/variables/secrets.js';

function diff(before: string, after: string, ...values: string[]): string[] {
  const secrets = createSecrets();
  for (const value of values) secrets.add(value);
  return contentDiff(before, after, secrets);
}

describe('the diff of contents', () => {
  it('shows a line whose secret stays as unchanged', () => {
    expect(diff('pw=hunter2\na=1\n', 'pw=hunter2\na=2\n', 'hunter2')).to.deep.equal([
      '@@ -1,2 +1,2 @@',
      ' pw=********',
      '-a=1',
      '+a=2',
    ]);
  });

  it('shows that a secret changes, and neither of the two', () => {
    expect(diff('pw=hunter2\n', 'pw=hunter3\n', 'hunter3')).to.deep.equal([
      '@@ -1,1 +1,1 @@',
      '-pw=********',
      '+pw=********',
      '\\ only the secret in this line differs',
    ]);
    expect(diff('u:hunter2@h\n', 'u:hunter3@g\n', 'hunter3').join('\n')).to.include('-u:hunter2@h');
  });

  it('takes a former secret that it has found for one from then on', () => {
    const secrets = createSecrets();
    secrets.add('hunter3');
    contentDiff('pw = "old-one";\n', 'pw = "hunter3";\n', secrets);
    expect(secrets.redact('it was old-one')).to.equal('it was ********');
  });

  it('never shows a secret, nor what stood in its place', () => {
    const word = fc.stringMatching(/^[A-Za-z0-9$.*+?(){}|^\\-]{8,20}$/);
    const text = fc.stringMatching(/^[a-z =:"']{0,8}$/);
    fc.assert(
      fc.property(word, word, text, text, fc.boolean(), (former, secret, head, tail, more) => {
        fc.pre(!former.includes(secret) && !secret.includes(former));
        const other = more ? 'another line\n' : '';
        const lines = diff(
          `x\n${head}${former}${tail}\n`,
          `x\n${other}${head}${secret}${tail}\n`,
          secret,
        ).join('\n');
        expect(lines).to.not.include(secret);
        expect(lines).to.not.include(former);
      }),
    );
  });

  it('of texts without secrets is that of diff -u', () => {
    expect(diff('a\nb\nc\n', 'a\nB\nc\nd\n')).to.deep.equal([
      '@@ -1,3 +1,4 @@',
      ' a',
      '-b',
      '+B',
      ' c',
      '+d',
    ]);
    expect(diff('', 'a\n')).to.deep.equal(['@@ -0,0 +1,1 @@', '+a']);
    expect(diff('a\n', 'a\n')).to.deep.equal([]);
  });
});
