import { randomFillSync } from 'node:crypto';
import { open, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { bin, sshCommand, type Field } from './contestants.js';
import { BenchError } from './error.js';
import { execute, type Executed } from './execute.js';
import { inTurn, type Bench, type Series } from './rounds.js';
import { projectDir } from './workspace.js';

/** In this order in the tables. `no file`: the same playbook with a file of a few bytes, for the memory. */
export const bigFileContestants = ['scp', 'provision', 'no file'] as const;
type Contestant = (typeof bigFileContestants)[number];

const MiB = 1024 * 1024;
const DEST = '/tmp/bench-big-file';

/** The same for both: what ssh2 and OpenSSH would choose by themselves differs. */
const SAME_CRYPTOGRAPHY = ['KexAlgorithms=curve25519-sha256', 'Ciphers=aes128-gcm@openssh.com'];

/** A large file to all hosts at the same time, by `copy` and by scp; time, and the most memory that the controller had. */
export async function runBigFile(field: Field, { options, report }: Bench): Promise<readonly Series[]> {
  const project = projectDir(field.workspace, 'provision');
  const file = join(project, 'big-file.bin');
  await writeFile(join(project, 'small-file.bin'), 'a few bytes\n');
  await writeFile(
    join(project, 'big-file.yml'),
    `- { hosts: all, gather_facts: false, tasks: [{ copy: { src: "<%= file %>", dest: ${DEST}, mode: '0644' } }] }\n`,
  );
  await writeRandom(file, options.size * MiB);
  const times = new Map(
    bigFileContestants.map((name) => [name, { ms: [] as number[], peakMb: [] as number[] }]),
  );
  for (let round = 1; round <= options.rounds; round += 1) {
    for (const name of inTurn(bigFileContestants, round)) {
      await onAll(field, ['rm', '-f', DEST]);
      const { ms, peakMb } = await send(name, file, project, field);
      if (name !== 'no file') await requireSize(field, options.size * MiB);
      times.get(name)!.ms.push(ms);
      times.get(name)!.peakMb.push(peakMb);
      report(
        `big-file, round ${round} of ${options.rounds}: ${name} ${(ms / 1000).toFixed(2)} s, ${peakMb} MB`,
      );
    }
  }
  await onAll(field, ['rm', '-f', DEST]);
  return [...times].map(([contestant, { ms, peakMb }]) => ({
    case: 'big-file',
    rtt: 0,
    contestant,
    ms,
    // Seven programs of scp have no memory of their own to speak of.
    ...(contestant === 'scp' ? {} : { peakMb }),
  }));
}

async function send(
  name: Contestant,
  file: string,
  cwd: string,
  field: Field,
): Promise<Pick<Executed, 'ms' | 'peakMb'>> {
  if (name === 'scp') return { ms: await scpToAll(file, field), peakMb: 0 };
  const source = name === 'no file' ? 'small-file.bin' : 'big-file.bin';
  const argv = [
    process.execPath,
    bin,
    ...['-i', field.inventory, '--no-verify', '-q', '-e', `file=${source}`, 'big-file.yml'],
  ];
  const ran = await execute({ argv, cwd }, field.signal);
  if (!new RegExp(`^ {2}${field.endpoints.length} changed on `, 'm').test(ran.output))
    throw new BenchError('big-file: not every host has changed', {
      detail: ran.output.split('\n').slice(-20),
    });
  return ran;
}

async function scpToAll(file: string, { endpoints, login, signal }: Field): Promise<number> {
  const began = performance.now();
  await Promise.all(
    endpoints.map((one) => {
      const [, ...words] = sshCommand(one, login, []);
      // What is an option of ssh's is one of scp's, but for the port, the user and the address.
      const settings = words.slice(0, words.indexOf('-p'));
      const same = SAME_CRYPTOGRAPHY.flatMap((setting) => ['-o', setting]);
      const target = `${login.user}@${one.address}:${DEST}`;
      return execute(
        { argv: ['scp', '-q', ...settings, ...same, '-P', String(one.port), file, target] },
        signal,
      );
    }),
  );
  return performance.now() - began;
}

async function requireSize(field: Field, size: number): Promise<void> {
  const found = await onAll(field, ['stat', '-c', '%s', DEST]);
  if (found.some((output) => output.trim() !== String(size)))
    throw new BenchError(`big-file: ${DEST} has not ${size} bytes on every host`, { detail: found });
}

async function onAll({ endpoints, login, signal }: Field, command: readonly string[]): Promise<string[]> {
  const ran = await Promise.all(
    endpoints.map((one) => execute({ argv: sshCommand(one, login, ['sudo', ...command]) }, signal)),
  );
  return ran.map(({ output }) => output);
}

async function writeRandom(path: string, size: number): Promise<void> {
  const file = await open(path, 'w');
  const piece = Buffer.alloc(MiB);
  for (let written = 0; written < size; written += MiB) await file.write(randomFillSync(piece));
  await file.close();
}
