import { expect } from 'chai';
import fc from 'fast-check';
import { loadYaml } from '../../src/template/yaml.js';
import { renderValue } from '../../src/template/render.js';
import { createSecrets } from '../../src/variables/secrets.js';
import { addSecrets, createVaultOpener } from '../../src/variables/vault-opener.js';
import { isVault, openVault } from '../../src/variables/vault.js';
import { failureOf, scopeOf, whereOf } from '../template/support.js';
import { seal } from './seal.js';

// Made with ansible-vault of ansible-core 2.14.18, password "open sesame".
const MADE_BY_ANSIBLE = `$ANSIBLE_VAULT;1.1;AES256
37353835613961623137653861663638623231633036613230666436646239633562303338393731
3338613564326462616431646563326466346436346137350a353964393236396639633564366265
62326362643338336435663361613064323231336238303865643037303335363039336434623665
3762323236663539330a303537616339623265353532633866363363633864363638336231383230
39326565323637323931393933656434336437333039643530343431613564623632
`;

describe('openVault', () => {
  it('opens what ansible-vault made', () => {
    expect(openVault(MADE_BY_ANSIBLE, 'open sesame')).to.equal('grüße <%= x %>\n');
  });

  it('opens what was sealed (property)', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme', maxLength: 70 }),
        fc.string({ minLength: 1 }),
        (plain, password) => {
          expect(openVault(seal(plain, password), password)).to.equal(plain);
        },
      ),
      { numRuns: 10 },
    );
  });

  it('knows format 1.2, blanks and CRLF', () => {
    const sealed = seal('x', 'p', '$ANSIBLE_VAULT;1.2;AES256;prod');
    expect(openVault(sealed.replaceAll('\n', '\r\n  '), 'p')).to.equal('x');
  });

  it('refuses a wrong password, a changed text and other formats', () => {
    const sealed = seal('secret', 'p');
    const position = { file: 'f.yml', line: 3, col: 1 };
    expect(whereOf(failureOf(() => openVault(sealed, 'q', position)))).to.equal('f.yml:3:1');
    const lines = sealed.trimEnd().split('\n');
    const last = lines.at(-1)!;
    const changed = [...lines.slice(0, -1), `${last.slice(0, -2)}${last.endsWith('30') ? '31' : '30'}`].join(
      '\n',
    );
    expect(failureOf(() => openVault(changed, 'p')).message).to.match(/wrong or the text is damaged/);
    expect(failureOf(() => openVault(lines.slice(0, 3).join('\n'), 'p')).message).to.match(/damaged/);
    expect(failureOf(() => openVault('$ANSIBLE_VAULT;1.0;AES\n00', 'p')).message).to.match(
      /format is not known/,
    );
    expect(isVault('plain')).to.equal(false);
  });
});

describe('createVaultOpener', () => {
  const yaml = (sealed: string): string => `a: !vault |\n${sealed.replace(/^/gm, '  ')}\n`;

  it('makes a value secret when it is opened, and takes it for data', () => {
    const secrets = createSecrets();
    const { openValue } = createVaultOpener('p', secrets);
    const { value } = loadYaml(yaml(seal('<%= nope %>', 'p')), 'f.yml', { openVault: openValue });
    expect([...secrets.values]).to.deep.equal([]);
    expect(renderValue(value, scopeOf())).to.deep.equal({ a: '<%= nope %>' });
    expect(secrets.redact('it is <%= nope %>')).to.equal('it is ********');
  });

  it('opens whole files and leaves others alone', () => {
    const secrets = createSecrets();
    const opener = createVaultOpener('p', secrets);
    expect(opener.openFile('a: 1\n', 'f')).to.deep.equal({ text: 'a: 1\n', secret: false });
    const opened = opener.openFile(seal('a: {b: [hidden-one]}\nc: 12345\n', 'p'), 'f');
    expect(opened.secret).to.equal(true);
    addSecrets(loadYaml(opened.text, 'f').value, secrets);
    expect(secrets.redact('hidden-one 12345')).to.equal('******** ********');
  });

  it('needs a password for a file, and says how to give it', () => {
    const opener = createVaultOpener(undefined, createSecrets());
    expect(failureOf(() => opener.openFile(seal('x', 'p'), 'f.yml')).hint).to.contain(
      '--vault-password-file',
    );
    expect(opener.openValue).to.equal(undefined);
  });
});
