import { spawnSync, type SpawnSyncReturns } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { UsageError, escapeControl, messageOf } from '../errors.js';
import type { Io } from './io.js';

/** What is signed: a signature for anything else (git's commits, files) is none of a plan. PROTOCOL.sshsig of OpenSSH. */
export const NAMESPACE = 'provision-plan';

type Env = Io['env'];

/** @throws UsageError where plans cannot be signed or verified: said before anything is done */
export function requireSshKeygen(env: Env): void {
  sshKeygen(['-Y', 'find-principals'], '', env);
}

/**
 * The signature of a plan's text, as `ssh-keygen -Y sign` makes it.
 * @param keyFile of a private key, or of the public half of one that the ssh-agent or a security key holds
 * @throws UsageError
 */
export function signPlan(text: string, keyFile: string, env: Env): string {
  const made = sshKeygen(['-Y', 'sign', '-q', '-f', keyFile, '-n', NAMESPACE], text, env);
  if (made.status === 0) return made.stdout;
  throw new UsageError(`the plan cannot be signed with ${keyFile}`, {
    detail: saidBy(made),
    hint: 'a private key, or the public half of a key in the ssh-agent: ssh-add -L shows those',
  });
}

export interface Verification {
  readonly text: string;
  /** the text of the signature's file */
  readonly signature: string;
  /** names who may sign: ALLOWED SIGNERS of ssh-keygen(1) */
  readonly allowedSigners: string;
  /** who is to have signed; left out: anybody whom the file names */
  readonly signer: string | undefined;
}

/**
 * Who has signed a plan.
 * @throws UsageError where nobody has who may
 */
export function verifyPlan({ text, signature, allowedSigners, signer }: Verification, env: Env): string {
  const dir = mkdtempSync(join(tmpdir(), 'provision-signature-'));
  try {
    const file = join(dir, 'sig');
    writeFileSync(file, signature, { mode: 0o600, flag: 'wx' });
    const found = sshKeygen(['-Y', 'find-principals', '-s', file, '-f', allowedSigners], '', env);
    const known = found.status === 0 ? found.stdout.split('\n').filter((line) => line !== '') : [];
    const tried = signer === undefined ? known : [signer];
    let said = saidBy(found);
    for (const one of tried) {
      const args = ['-Y', 'verify', '-f', allowedSigners, '-I', one, '-n', NAMESPACE, '-s', file];
      const verified = sshKeygen(args, text, env);
      if (verified.status === 0) return one;
      said = saidBy(verified);
    }
    throw new UsageError(
      signer === undefined
        ? `the plan is not signed by anybody whom ${allowedSigners} names`
        : `the plan is not signed by ${signer}, as ${allowedSigners} knows them`,
      {
        detail: said,
        hint: 'the plan or its signature has been changed, it was signed for something else, or its signer is not in that file (ssh-keygen(1), ALLOWED SIGNERS)',
      },
    );
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

function sshKeygen(args: readonly string[], input: string, env: Env): SpawnSyncReturns<string> {
  const ran = spawnSync('ssh-keygen', args, { input, encoding: 'utf8', env: { ...env, LC_ALL: 'C' } });
  if (ran.error === undefined) return ran;
  throw new UsageError(`ssh-keygen, which signs and verifies plans, cannot be run: ${messageOf(ran.error)}`, {
    hint: 'it is in the package openssh-client',
    cause: ran.error,
  });
}

function saidBy({ stdout, stderr }: SpawnSyncReturns<string>): string[] {
  return `${stderr}${stdout}`
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map(escapeControl)
    .slice(-5);
}
