import { spawnSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { messageOf } from '../errors.js';
import { keepSecret, replaceSecret } from './keep-secret.js';

export interface CertificateOptions {
  /** host names and addresses that it is for; the first one is its subject */
  readonly names?: readonly string[];
  /** how long it is good; default 825, the most that browsers take */
  readonly days?: number;
}

const KIND = "lookup('certificate')";

/** The file's certificate and private key (PEM), or undefined when there is no file. */
export function readCertificate(file: string): string | undefined {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new Error(`${KIND}: ${messageOf(error)}`, { cause: error });
  }
  try {
    new X509Certificate(text);
  } catch (error) {
    throw new Error(`${KIND}: ${file} holds no certificate: ${messageOf(error)}`, { cause: error });
  }
  return text;
}

/**
 * Whether a certificate of `readCertificate` has to be made anew: it is for other names, or it ends within 30 days (a third of its time,
 * when that is less).
 * @throws when it is for other names and not signed by itself: then somebody has put it there
 */
export function isOutdated(file: string, pem: string, { names }: CertificateOptions): boolean {
  if (names === undefined) return false;
  const certificate = new X509Certificate(pem);
  const has = namesOf(certificate);
  const differs = String(sorted(names)) !== String(sorted(has));
  const end = Date.parse(certificate.validTo);
  const margin = Math.min(30 * 86_400_000, (end - Date.parse(certificate.validFrom)) / 3);
  if (!differs && Date.now() < end - margin) return false;
  if (certificate.checkIssued(certificate) && certificate.verify(certificate.publicKey)) return true;
  if (!differs) return false;
  throw new Error(
    `${KIND}: ${file} is for ${has.join(', ') || 'no names'}, not for ${names.join(', ')}, and it is not signed by itself, so it is left as it is: replace the file, or correct \`names\``,
  );
}

/** A new certificate signed by its own key, with that key. openssl makes it; the key goes through a pipe alone. */
export function makeCertificate({ names = [], days = 825 }: CertificateOptions): string {
  const [subject] = names;
  const odd = names.find((name) => !/^[A-Za-z0-9*][A-Za-z0-9.:-]{0,62}$/.test(name));
  if (subject === undefined || odd !== undefined)
    throw new RangeError(
      `${KIND}: ${odd === undefined ? '`names` is missing: the host names and addresses that it is for' : `"${odd}" is no host name and no address`}`,
    );
  if (!Number.isInteger(days) || days < 1) throw new RangeError(`${KIND}: days is a number from 1`);
  const alternatives = names.map((name) => `${isIP(name) ? 'IP' : 'DNS'}:${name}`).join(',');
  const made = spawnSync(
    'openssl',
    [
      ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-sha256'],
      ...['-days', String(days), '-subj', `/CN=${subject}`, '-addext', `subjectAltName=${alternatives}`],
      ...['-addext', 'extendedKeyUsage=serverAuth', '-keyout', '-'],
    ],
    { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] },
  );
  if (made.error)
    throw new Error(`${KIND}: openssl, which makes it, cannot be run: ${messageOf(made.error)}`, {
      cause: made.error,
    });
  const parts = made.stdout.match(/-----BEGIN ([A-Z ]+)-----[\s\S]*?-----END \1-----\n/g) ?? [];
  const [certificate] = parts.filter((part) => part.includes('BEGIN CERTIFICATE'));
  const [key] = parts.filter((part) => part.includes('PRIVATE KEY'));
  if (made.status !== 0 || certificate === undefined || key === undefined)
    throw new Error(`${KIND}: openssl failed: ${made.stderr.trim().split('\n').at(-1) ?? ''}`);
  return certificate + key;
}

/** Keep it in place of an outdated one. */
export function replaceCertificate(file: string, made: string): string {
  try {
    replaceSecret(file, made);
    return made;
  } catch (error) {
    throw new Error(`${KIND}: the new certificate cannot be kept: ${messageOf(error)}`, { cause: error });
  }
}

/** Keep it in its file; of two runs that make one at the same time the first one's counts. */
export function keepCertificate(file: string, made: string): string {
  try {
    return keepSecret(file, made) ? made : (readCertificate(file) ?? made);
  } catch (error) {
    throw new Error(`${KIND}: the new certificate cannot be kept: ${messageOf(error)}`, { cause: error });
  }
}

/** As `names` has them: `DNS:a, IP Address:10.0.0.1` of Node. */
function namesOf({ subjectAltName = '' }: X509Certificate): string[] {
  return subjectAltName
    .split(', ')
    .filter((name) => name !== '')
    .map((name) => name.slice(name.indexOf(':') + 1));
}

/** Each once, in one spelling. */
function sorted(names: readonly string[]): string[] {
  const spelled = names.map((name) =>
    isIP(name) === 6 ? new URL(`http://[${name}]`).hostname : name.toLowerCase(),
  );
  return [...new Set(spelled)].sort();
}
