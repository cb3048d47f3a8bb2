import { randomInt } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { messageOf } from '../errors.js';
import { didYouMean } from '../schema.js';
import type { Trust } from '../trust/trust.js';
import {
  type CertificateOptions,
  isOutdated,
  keepCertificate,
  makeCertificate,
  readCertificate,
  replaceCertificate,
} from './certificate.js';
import { keepSecret } from './keep-secret.js';
import type { Secrets } from './secrets.js';
import { createVaultOpener } from './vault-opener.js';

export interface LookupOptions {
  /** where relative paths start: beside the inventory, so that each inventory keeps its own passwords */
  readonly inventoryDir: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly secrets: Secrets;
  readonly vaultPassword?: string | undefined;
  /** a number from 0 to below `limit`; left out: node:crypto's */
  readonly random?: (limit: number) => number;
  /** `memory`: a password or certificate that is missing is made up but not written, for dry runs */
  readonly newPasswords?: 'file' | 'memory';
  /** asked about each file before it is read or made; left out: everything is believed */
  readonly trust?: Trust | undefined;
}

export interface PasswordOptions {
  /** characters; default 20 */
  readonly length?: number;
  /** what it is made of; default letters and digits */
  readonly chars?: string;
}

export type Lookup = (
  kind: string,
  name: string,
  options?: PasswordOptions & CertificateOptions,
) => string | undefined;

const LETTERS_AND_DIGITS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
const KINDS = ['password', 'certificate', 'file', 'env'];

/**
 * The function `lookup` of templates. What it gives is data and never compiled.
 * - `lookup('password', path, {length, chars})`: the password in a file; made at random (mode 0600) when there is no file.
 *   It counts as secret.
 * - `lookup('certificate', path, {names, days})`: certificate and private key in a file; made (signed by itself, mode 0600) when
 *   there is no file, and made anew when one that is signed by itself is for other names or is about to end. It counts as secret.
 * - `lookup('file', path)`: a file's text without the line breaks at its end; a vault is opened and counts as secret.
 * - `lookup('env', NAME)`: a variable of the controller's environment; undefined when it is not set.
 */
export function createLookup(options: LookupOptions): Lookup {
  const madeUp = new Map<string, string>();
  const asked = new Map<string, string>();
  const vault = createVaultOpener(options.vaultPassword, options.secrets);
  const fileOf = (name: string): string => {
    const file = path.resolve(options.inventoryDir, name);
    options.trust?.require(file);
    return file;
  };
  return (kind, name, given = {}) => {
    if (typeof name !== 'string' || name === '')
      throw new TypeError(`lookup('${kind}'): its second argument is a name or path`);
    switch (kind) {
      case 'env':
        return options.env[name];
      case 'file': {
        const file = fileOf(name);
        const opened = vault.openFile(readText(file, kind), file);
        const text = opened.text.replace(/[\r\n]+$/, '');
        if (opened.secret) options.secrets.add(text);
        return text;
      }
      case 'password': {
        const file = fileOf(name);
        const password = madeUp.get(file) ?? readPassword(file) ?? makePassword(file, given, options, madeUp);
        options.secrets.add(password);
        return password;
      }
      case 'certificate': {
        const file = fileOf(name);
        oneMeaning(asked, file, given);
        const pem = madeUp.get(file) ?? currentCertificate(file, given, options, madeUp);
        options.secrets.add(privateKeysOf(pem));
        return pem.trimEnd();
      }
      default:
        throw new Error(
          `lookup('${kind}') is not known${didYouMean(kind, KINDS)}: there are ${KINDS.join(', ')}`,
        );
    }
  };
}

/** The one in the file, or a new one where there is none or it is outdated. */
function currentCertificate(
  file: string,
  given: CertificateOptions,
  options: LookupOptions,
  madeUp: Map<string, string>,
): string {
  const there = readCertificate(file);
  if (there !== undefined && !isOutdated(file, there, given)) return there;
  const pem = makeCertificate(given);
  if (options.newPasswords !== 'memory')
    return there === undefined ? keepCertificate(file, pem) : replaceCertificate(file, pem);
  madeUp.set(file, pem);
  return pem;
}

/** One file cannot be for the names of one host and for those of another: it would be made anew at each turn. */
function oneMeaning(asked: Map<string, string>, file: string, { names }: CertificateOptions): void {
  if (names === undefined) return;
  const now = names.join(', ');
  const before = asked.get(file) ?? now;
  if (before !== now)
    throw new Error(
      `lookup('certificate'): ${file} is asked for with the names ${before}, and with ${now}: give each its own file`,
    );
  asked.set(file, now);
}

/** The certificate itself is shown to everybody. */
function privateKeysOf(pem: string): string {
  return (
    pem.match(/-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?-----END [A-Z ]*PRIVATE KEY-----/g) ?? [pem]
  ).join('\n');
}

function readText(file: string, kind: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new Error(`lookup('${kind}'): ${messageOf(error)}`, { cause: error });
  }
}

/** The first line, without the salt that Ansible may have put behind it. */
function readPassword(file: string): string | undefined {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new Error(`lookup('password'): ${messageOf(error)}`, { cause: error });
  }
  const password = (text.split(/\r?\n/)[0] ?? '').replace(/ salt=\S+$/, '');
  if (password === '') throw new Error(`lookup('password'): ${file} is empty`);
  return password;
}

function makePassword(
  file: string,
  given: PasswordOptions,
  options: LookupOptions,
  madeUp: Map<string, string>,
): string {
  const { length = 20, chars = LETTERS_AND_DIGITS } = given;
  const random = options.random ?? ((limit: number) => randomInt(limit));
  if (!Number.isInteger(length) || length < 8 || length > 1024)
    throw new RangeError(`lookup('password'): length is from 8 to 1024`);
  const kinds = [...new Set(chars)];
  if (kinds.length < 2)
    throw new RangeError(`lookup('password'): chars needs at least two different characters`);
  const password = Array.from({ length }, () => kinds[random(kinds.length)]).join('');
  if (options.newPasswords === 'memory') madeUp.set(file, password);
  return options.newPasswords === 'memory' ? password : keepPassword(file, password);
}

/** Of two runs that make one at the same time the first one's counts. */
function keepPassword(file: string, password: string): string {
  try {
    return keepSecret(file, `${password}\n`) ? password : (readPassword(file) ?? password);
  } catch (error) {
    throw new Error(`lookup('password'): the new password cannot be kept: ${messageOf(error)}`, {
      cause: error,
    });
  }
}
