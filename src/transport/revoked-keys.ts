import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { messageOf } from '../errors.js';
import { typeOf } from './key-blob.js';

/** How a key revocation list of OpenSSH begins (PROTOCOL.krl). */
const KRL = 'SSHKRL\n\0';

/**
 * Why no host may show this key, as RevokedHostKeys of ssh_config(5) has it; undefined where the file does not name it. The file holds public keys, one a line,
 * or a key revocation list, which ssh-keygen reads. As with ssh, a file that cannot be read revokes every key.
 */
export async function revokedBy(file: string, key: Buffer): Promise<string | undefined> {
  let bytes: Buffer;
  try {
    bytes = await readFile(file);
  } catch (error) {
    return `cannot be checked: ${messageOf(error)}`;
  }
  if (bytes.toString('latin1', 0, KRL.length) === KRL) return revokedByList(file, key);
  return listedKeys(bytes.toString()).includes(key.toString('base64')) ? `is revoked by ${file}` : undefined;
}

/** The keys of a file with one a line: `type base64 comment`. As with ssh, other lines count as comments. */
function listedKeys(text: string): string[] {
  return text.split('\n').flatMap((line) => {
    const [, base64] = line.trim().split(/\s+/);
    return base64 === undefined ? [] : [Buffer.from(base64, 'base64').toString('base64')];
  });
}

function revokedByList(file: string, key: Buffer): Promise<string | undefined> {
  return new Promise((resolve) => {
    // ssh-keygen opens a file by its name; our end of a pipe is a socket, which has none.
    const script = 'cat | ssh-keygen -Q -f "$1" /dev/stdin';
    const child = spawn('/bin/sh', ['-c', script, 'sh', file], { stdio: ['pipe', 'pipe', 'pipe'] });
    let said = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => (said += chunk.toString()));
    child.on('error', (error) =>
      resolve(
        `cannot be checked: ${file} is a key revocation list, which ssh-keygen reads: ${error.message}`,
      ),
    );
    child.on('close', (code) => {
      if (code === 0) resolve(undefined);
      else if (/: REVOKED$/m.test(said)) resolve(`is revoked by ${file}`);
      else resolve(`cannot be checked: ssh-keygen -Q -f ${file}: ${said.trim().split('\n').at(-1) ?? ''}`);
    });
    child.stdin.on('error', () => undefined);
    child.stdin.end(`${typeOf(key)} ${key.toString('base64')}\n`);
  });
}
