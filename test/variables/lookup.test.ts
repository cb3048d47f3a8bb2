import { spawnSync } from 'node:child_process';
import { X509Certificate, createPrivateKey } from 'node:crypto';
import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { renderValue } from '../../src/template/render.js';
import { createLookup, type Lookup, type LookupOptions } from '../../src/variables/lookup.js';
import { createScope } from '../../src/variables/scope.js';
import { createSecrets, type Secrets } from '../../src/variables/secrets.js';
import { failureOf, template, whereOf } from '../template/support.js';

describe('lookup', () => {
  let dir: string;
  let secrets: Secrets;
  const lookup = (options: Partial<LookupOptions> = {}): Lookup =>
    createLookup({ inventoryDir: dir, env: { HOME: '/h' }, secrets, ...options });
  beforeEach(() => {
    dir = mkdtempSync(path.join(tmpdir(), 'lookup-'));
    secrets = createSecrets();
  });
  afterEach(() => rmSync(dir, { recursive: true }));

  it('makes a password once and keeps it where only its owner reads it', () => {
    const password = lookup()('password', 'secrets/db', { length: 30 })!;
    expect(password).to.match(/^[A-Za-z0-9]{30}$/);
    expect(lookup()('password', 'secrets/db')).to.equal(password);
    const file = path.join(dir, 'secrets/db');
    expect(readFileSync(file, 'utf8')).to.equal(`${password}\n`);
    expect(statSync(file).mode & 0o777).to.equal(0o600);
    expect(readdirSync(path.join(dir, 'secrets'))).to.deep.equal(['db']);
    expect(secrets.redact(`x ${password}`)).to.equal('x ********');
  });

  it('makes other passwords each time, of the characters that are asked for', () => {
    const made = ['a', 'b', 'c'].map((name) => lookup()('password', name, { chars: 'xy', length: 64 })!);
    expect(new Set(made).size).to.equal(3);
    expect(made[0]).to.match(/^[xy]{64}$/);
  });

  it('reads a password that Ansible has kept with a salt', () => {
    writeFileSync(path.join(dir, 'p'), 'abcdefgh salt=xyz\n');
    expect(lookup()('password', 'p')).to.equal('abcdefgh');
  });

  it('writes nothing when passwords stay in memory, and gives the same one again', () => {
    const one = lookup({ newPasswords: 'memory' });
    expect(one('password', 'p')).to.equal(one('password', 'p'));
    expect(readdirSync(dir)).to.deep.equal([]);
  });

  it('takes the password of another run that was faster', () => {
    const slow = lookup({
      random: () => {
        writeFileSync(path.join(dir, 'p'), 'the-first-one\n');
        return 0;
      },
    });
    expect(slow('password', 'p')).to.equal('the-first-one');
    expect(readdirSync(dir)).to.deep.equal(['p']);
  });

  it('makes a certificate once, with its key, and shows nothing of the key', () => {
    const names = ['www.example.com', '10.0.0.100'];
    const pem = lookup()('certificate', 'secrets/site.pem', { names })!;
    expect(lookup()('certificate', 'secrets/site.pem', { names })).to.equal(pem);
    const certificate = new X509Certificate(pem);
    expect(certificate.checkPrivateKey(createPrivateKey(pem))).to.equal(true);
    expect(certificate.subjectAltName).to.equal('DNS:www.example.com, IP Address:10.0.0.100');
    expect(certificate.subject).to.equal('CN=www.example.com');
    const file = path.join(dir, 'secrets/site.pem');
    expect(statSync(file).mode & 0o777).to.equal(0o600);
    expect(readdirSync(path.join(dir, 'secrets'))).to.deep.equal(['site.pem']);
    const key = /PRIVATE KEY-----\n(.*)\n/.exec(pem)?.[1] ?? '';
    expect(key).to.have.length.above(40);
    expect(secrets.redact(`x ${key}`)).to.equal('x ********');
    expect(secrets.redact(certificate.fingerprint256)).to.equal(certificate.fingerprint256);
  });

  it('makes a certificate anew for other names, and before it ends', () => {
    const file = path.join(dir, 'c');
    const site = (names: string[], days?: number): string =>
      lookup()('certificate', 'c', { names, ...(days === undefined ? {} : { days }) })!;
    const old = site(['a.example', '10.0.0.100', '2001:db8::1'], 3);
    expect(site(['2001:DB8:0::1', 'A.example', '10.0.0.100'], 3), 'the same in another spelling').to.equal(
      old,
    );
    const dry = lookup({ newPasswords: 'memory' })('certificate', 'c', {
      names: ['a.example', '10.0.0.101'],
    })!;
    expect(new X509Certificate(dry).subjectAltName).to.equal('DNS:a.example, IP Address:10.0.0.101');
    expect(readFileSync(file, 'utf8').trimEnd()).to.equal(old);
    const now = site(['a.example', '10.0.0.101']);
    expect(new X509Certificate(now).subjectAltName).to.equal('DNS:a.example, IP Address:10.0.0.101');
    expect(readFileSync(file, 'utf8').trimEnd()).to.equal(now);
    expect(statSync(file).mode & 0o777).to.equal(0o600);
    expect(readdirSync(dir)).to.deep.equal(['c']);
    // Of a certificate that is not asked for by name, nothing is known.
    expect(lookup()('certificate', 'c')).to.equal(now);

    const ended = certificateFor('a.example', { days: 0, signer: 'itself' });
    writeFileSync(file, ended);
    const next = site(['a.example']);
    expect(next).to.not.equal(ended.trimEnd());
    expect(site(['a.example'])).to.equal(next);
  });

  it('leaves the certificate of somebody else, and says that it is for other names', () => {
    const signed = certificateFor('a.example', { days: 1, signer: 'another' });
    writeFileSync(path.join(dir, 'c'), signed);
    expect(lookup()('certificate', 'c', { names: ['a.example'] })).to.equal(signed.trimEnd());
    expect(() => lookup()('certificate', 'c', { names: ['b.example'] })).to.throw(
      /c is for a\.example, not for b\.example, and it is not signed by itself, so it is left as it is/,
    );
    expect(readFileSync(path.join(dir, 'c'), 'utf8')).to.equal(signed);
  });

  it('refuses one file for the names of several', () => {
    const one = lookup();
    one('certificate', 'c', { names: ['lb1'] });
    expect(() => one('certificate', 'c', { names: ['lb2'] })).to.throw(
      /c is asked for with the names lb1, and with lb2: give each its own file/,
    );
  });

  it('keeps no certificate in a dry run, and refuses what is none', () => {
    const one = lookup({ newPasswords: 'memory' });
    expect(one('certificate', 'c', { names: ['a'] })).to.equal(one('certificate', 'c', { names: ['a'] }));
    expect(readdirSync(dir)).to.deep.equal([]);
    expect(() => lookup()('certificate', 'c')).to.throw('`names` is missing');
    expect(() => lookup()('certificate', 'c', { names: ['a,DNS:b'] })).to.throw('"a,DNS:b" is no host name');
    writeFileSync(path.join(dir, 'c'), 'something else\n');
    expect(() => lookup()('certificate', 'c', { names: ['a'] })).to.throw('holds no certificate');
    expect(readFileSync(path.join(dir, 'c'), 'utf8')).to.equal('something else\n');
  });

  it('reads files and the environment', () => {
    writeFileSync(path.join(dir, 'f'), '<%= x %>\n\n');
    expect(lookup()('file', 'f')).to.equal('<%= x %>');
    expect(lookup()('env', 'HOME')).to.equal('/h');
    expect(lookup()('env', 'NOPE')).to.equal(undefined);
  });

  it('gives data, at the place of its use an error', () => {
    writeFileSync(path.join(dir, 'f'), '<%= process.exit(1) %>');
    const scope = createScope({ layers: [], magic: {}, functions: { lookup: lookup() as never } });
    expect(renderValue(template("<%= lookup('file', 'f') %>"), scope)).to.equal('<%= process.exit(1) %>');
    const error = failureOf(() => renderValue(template("a <%= lookup('file', 'gone') %>"), scope));
    expect(error.message).to.contain('does not exist');
    expect(whereOf(error)).to.equal('t.yml:1:7');
    expect(failureOf(() => renderValue(template("<%= lookup('pasword', 'x') %>"), scope)).message).to.contain(
      'did you mean "password"',
    );
    expect(
      failureOf(() => renderValue(template("<%= lookup('password', 'x', {length: 3}) %>"), scope)).message,
    ).to.contain('from 8');
  });
});

/** A certificate with its key, good for so many days from now on. */
function certificateFor(
  name: string,
  { days, signer }: { days: number; signer: 'itself' | 'another' },
): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'certificate-'));
  try {
    const sign = signer === 'itself' ? '-signkey k' : '-CA ca.crt -CAkey ca.key -CAcreateserial';
    const made = spawnSync(
      'sh',
      [
        '-ec',
        `new='-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes'
        openssl req -x509 $new -subj /CN=Authority -keyout ca.key -out ca.crt
        openssl req $new -subj /CN=${name} -keyout k -out r
        echo 'subjectAltName=DNS:${name}' > e
        openssl x509 -req -in r ${sign} -days ${days} -extfile e -out c
        cat c k > pem`,
      ],
      { cwd: folder, encoding: 'utf8' },
    );
    if (made.status !== 0) throw new Error(made.stderr);
    return readFileSync(path.join(folder, 'pem'), 'utf8');
  } finally {
    rmSync(folder, { recursive: true });
  }
}
