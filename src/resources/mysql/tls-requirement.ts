import { quoteText } from './quote.js';
import type { Row } from './client.js';

/** What an account's connections must be like: `NONE`, `SSL`, `X509`, or particular certificates and ciphers. */
export type TlsRequirement = string | Readonly<Record<string, string | boolean | null>>;

/** A requirement as SQL writes it after REQUIRE; equal requirements have equal texts. */
export function formatRequirement(requirement: TlsRequirement): string {
  if (typeof requirement === 'string') return requirement.toUpperCase();
  const entries = new Map(Object.entries(requirement).map(([key, value]) => [key.toUpperCase(), value]));
  const details = ['SUBJECT', 'ISSUER', 'CIPHER'].filter((key) => typeof entries.get(key) === 'string');
  if (details.length > 0)
    return details.map((key) => `${key} ${quoteText(String(entries.get(key)))}`).join(' AND ');
  for (const key of ['X509', 'SSL']) {
    if (entries.has(key) && entries.get(key) !== false) return key;
  }
  return 'NONE';
}

/** The requirement in the columns ssl_type, ssl_cipher, x509_issuer and x509_subject of mysql.user. */
export function readRequirement([type, cipher, issuer, subject]: Row): string {
  switch (type ?? '') {
    case 'ANY':
      return 'SSL';
    case 'X509':
      return 'X509';
    case 'SPECIFIED':
      return formatRequirement({ SUBJECT: subject || null, ISSUER: issuer || null, CIPHER: cipher || null });
    default:
      return 'NONE';
  }
}
