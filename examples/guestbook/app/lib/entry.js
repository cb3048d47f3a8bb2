import { HttpError } from './http-error.js';

const LIMITS = { name: 80, message: 1000 };

/**
 * What somebody sent, checked and tidied.
 *
 * @throws HttpError 400, with what to correct
 */
export function readEntry(body) {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw new HttpError(400, 'Send an object with name and message.');
  }
  const unknown = Object.keys(body).find((key) => !Object.hasOwn(LIMITS, key));
  if (unknown !== undefined) throw new HttpError(400, 'Send name and message and nothing else.');
  return {
    name: text(body, 'name', /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}]/u),
    message: text(body, 'message', /(?![\n\t])[\p{Cc}\p{Cs}]/u),
  };
}

function text(body, field, refused) {
  const value = body[field];
  if (typeof value !== 'string') throw new HttpError(400, `The ${field} is missing.`);
  const tidy = value.replaceAll('\r\n', '\n').normalize('NFC').trim();
  if (tidy === '') throw new HttpError(400, `The ${field} is empty.`);
  // As MariaDB counts: code points, not UTF-16 units.
  if ([...tidy].length > LIMITS[field]) {
    throw new HttpError(400, `The ${field} is too long: at most ${LIMITS[field]} characters.`);
  }
  if (refused.test(tidy)) throw new HttpError(400, `The ${field} holds characters that cannot be shown.`);
  return tidy;
}
