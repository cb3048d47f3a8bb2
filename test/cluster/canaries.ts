import { execFile } from 'node:child_process';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { initOf } from '../../src/cluster/host.js';
import { defaultRoots } from '../../src/cluster/paths.js';
import type { Project } from './support.js';

/** The demo's inventory with a secret of each further kind that a role takes. All are made at random in the first run. */
export function withMoreSecrets(inventory: string): string {
  const secret = (name: string): string => `<%= lookup('password', '../.provision/secrets/demo/${name}') %>`;
  return inventory
    .replace(
      /^( +)haproxy_tls_redirect: false$/m,
      `$&\n$1haproxy_stats_user: watcher\n$1haproxy_stats_password: ${secret('haproxy_stats_password')}`,
    )
    .replace(
      /^( +)app_name: guestbook$/m,
      `$&\n$1app_secret_files: { partner-key: "${secret('partner_key')}" }`,
    );
}

/** What must be found nowhere: each text, and how to name it in a message without repeating it. */
export type Canaries = ReadonlyMap<string, string>;

/** The secrets of a project as its files hold them, and what base64 makes of them. */
export async function canariesOf(project: Project): Promise<Canaries> {
  const folder = secretsFolder(project);
  const found = new Map<string, string>();
  for (const [file, text] of await filesOf(folder)) {
    // A key is found by any line of it; its certificates are no secret.
    const key = /-----BEGIN [A-Z ]*PRIVATE KEY-----\n([^-]+)\n-----END/.exec(text);
    const secrets = key ? key[1]!.split('\n') : text.includes('-----BEGIN') ? [] : [text.trim()];
    for (const secret of secrets) {
      found.set(secret, file);
      for (const encoded of base64Cores(secret)) found.set(encoded, `${file} in base64`);
    }
  }
  return found;
}

export function secretsFolder(project: Project): string {
  return join(project.dir, '.provision/secrets');
}

/** What of a text's base64 is there wherever the text begins in what is encoded. */
function base64Cores(text: string): string[] {
  return [0, 1, 2].map((shift) => {
    const encoded = Buffer.concat([Buffer.alloc(shift), Buffer.from(text)]).toString('base64');
    // The first and last characters are made with the neighbours' bits.
    return encoded.slice(shift === 0 ? 0 : shift + 1, Math.floor(((shift + text.length) * 4) / 3));
  });
}

/** Does a text hold one of them: which. */
export function findIn(text: string, canaries: Canaries): string[] {
  return [...canaries].filter(([canary]) => text.includes(canary)).map(([, name]) => name);
}

/**
 * Look at the arguments and the environment of every process of the machine and of all hosts on it, ten times a second. One
 * that has been there for two seconds has become what it is, and is looked at no more.
 */
export function watchProcesses(canaries: () => Promise<Canaries>): {
  stop(): Promise<{ seen: readonly string[]; processes: number }>;
} {
  const lines = new Map<string, string>();
  let looks = new Map<string, number>();
  let stopped = false;
  const look = async (): Promise<void> => {
    const now = new Map<string, number>();
    for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
      const before = looks.get(pid) ?? 0;
      now.set(pid, before + 1);
      if (before >= 20) continue;
      for (const file of ['cmdline', 'environ']) {
        const text = await readFile(`/proc/${pid}/${file}`, 'utf8').catch(() => '');
        if (text !== '') lines.set(text, `${file} of ${text.split('\0')[0] ?? ''}`);
      }
    }
    looks = now;
  };
  const watching = (async () => {
    while (!stopped) {
      await look();
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  })();
  return {
    async stop() {
      stopped = true;
      await watching;
      // Only now: the run has made some of the secrets.
      const all = await canaries();
      const seen = [...lines].flatMap(([text, where]) =>
        findIn(text, all).map((name) => `${name}: ${where}`),
      );
      return { seen, processes: lines.size };
    },
  };
}

/** The files below a host's folders that hold one of them, and whether its journal does. Paths are the host's. */
export async function findOnHost(
  project: Project,
  host: string,
  options: { cluster: string; canaries: Canaries },
): Promise<string[]> {
  const init = await initOf({ roots: defaultRoots(project.dir), cluster: options.cluster, host });
  if (init === undefined) throw new Error(`${host} does not run`);
  const root = `/proc/${init.pid}/root`;
  const folders = ['etc', 'home', 'opt', 'root', 'run', 'srv', 'tmp', 'usr/local', 'var'];
  const files = await grep(
    folders.map((folder) => `${root}/${folder}`),
    options.canaries,
  );
  const journal = await promisify(execFile)(
    'sh',
    [
      '-c',
      'journalctl --quiet --all --output=export --directory="$1" | cat',
      'sh',
      `${root}/var/log/journal`,
    ],
    { maxBuffer: 1 << 30, encoding: 'utf8' },
  );
  if (journal.stdout.length < 10_000) throw new Error(`the journal of ${host} cannot be read`);
  return [
    ...files.map((file) => file.slice(root.length)),
    ...findIn(journal.stdout, options.canaries).map((name) => `the journal: ${name}`),
  ].sort();
}

/** Files on this machine that hold one of them and are newer than a moment (milliseconds), those of the secrets themselves left out. */
export async function findOnController(
  folders: readonly string[],
  options: { canaries: Canaries; except: string; since: number },
): Promise<string[]> {
  const files = await grep(folders, options.canaries);
  const fresh: string[] = [];
  for (const file of files) {
    const changed = (await stat(file).catch(() => undefined))?.mtimeMs ?? 0;
    if (!file.startsWith(`${options.except}/`) && changed >= options.since) fresh.push(file);
  }
  return fresh;
}

/** grep -F for all of them at once; they go over its standard input, so that it does not find itself. */
function grep(folders: readonly string[], canaries: Canaries): Promise<string[]> {
  return new Promise((resolve, reject) => {
    const child = execFile(
      'grep',
      [
        ...['--recursive', '--files-with-matches', '--text', '--fixed-strings', '--file=-', '--no-messages'],
        ...['--devices=skip', '--exclude-dir=archives', '--', ...folders],
      ],
      { maxBuffer: 1 << 26 },
      (error, stdout) => {
        // 1: nothing found; 2: something went away meanwhile
        if (error && typeof error.code !== 'number') reject(error);
        else resolve(stdout.split('\n').filter((line) => line !== ''));
      },
    );
    child.stdin?.end(`${[...canaries.keys()].join('\n')}\n`);
  });
}

async function filesOf(folder: string): Promise<[string, string][]> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true });
  const files = entries.filter((entry) => entry.isFile());
  return Promise.all(
    files.map(async (entry) => [entry.name, await readFile(join(entry.parentPath, entry.name), 'utf8')]),
  );
}
