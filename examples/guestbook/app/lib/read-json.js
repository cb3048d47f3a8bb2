import { HttpError } from './http-error.js';

/** Room for 1,080 characters of four bytes each, escaped. */
const MAX_BYTES = 16 * 1024;

/**
 * The body of a request as JSON.
 *
 * Only `application/json` is taken: a form of another site cannot send that, so no page can write in a visitor's name.
 *
 * @throws HttpError 400, 413 or 415
 */
export async function readJson(request) {
  if (!/^application\/json\s*(;|$)/i.test(request.headers['content-type'] ?? '')) {
    throw new HttpError(415, 'Send application/json.');
  }
  if (Number(request.headers['content-length'] ?? 0) > MAX_BYTES) throw tooLarge();
  const body = await collect(request);
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
  } catch {
    throw new HttpError(400, 'The body is not JSON.');
  }
}

/** Not `for await`: leaving that loop early destroys the connection, and with it the answer that says why. */
function collect(request) {
  return new Promise((resolve, reject) => {
    const chunks = [];
    let size = 0;
    request.on('data', (chunk) => {
      size += chunk.length;
      if (size <= MAX_BYTES) chunks.push(chunk);
      else reject(tooLarge());
    });
    request.on('end', () => resolve(Buffer.concat(chunks)));
    request.on('error', reject);
  });
}

/** What is left of the body is not worth reading, so the connection is not used again. */
function tooLarge() {
  return new HttpError(413, `The body is too large: at most ${MAX_BYTES} bytes.`, {
    headers: { Connection: 'close' },
  });
}
