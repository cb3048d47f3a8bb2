import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { hostname } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { checks } from '../checks/index.js';
import type { RunOptions } from '../controller/run.js';
import { UsageError, messageOf } from '../errors.js';
import type { ConnectionDefaults } from '../inventory/connection.js';
import { readSshConfig } from '../inventory/read-ssh-config.js';
import type { SshConfigFile } from '../inventory/ssh-config.js';
import { isList, loadInventory } from '../inventory/load.js';
import type { Inventory } from '../inventory/model.js';
import { matchHosts } from '../inventory/pattern.js';
import { packageFile } from '../package-file.js';
import { notedFiles } from '../playbook/files.js';
import { loadPlaybook } from '../playbook/load.js';
import type { Playbook } from '../playbook/model.js';
import { selectTags } from '../playbook/tags.js';
import { resources } from '../resources/index.js';
import { didYouMean } from '../schema.js';
import type { Trust } from '../trust/trust.js';
import { createLookup } from '../variables/lookup.js';
import type { Secrets } from '../variables/secrets.js';
import { addSecrets, createVaultOpener, type VaultOpener } from '../variables/vault-opener.js';
import { readExtraVars } from './extra-vars.js';
import type { Io } from './io.js';
import { refuseJinja, warnOfJinja } from './inventory-jinja.js';
import { openTrees } from './kept-trees.js';
import type { HostOptions, TaskOptions } from './options.js';
import { journalRoot } from './outputs.js';
import { promptSecret, rememberAnswers } from './prompt.js';
import { complain } from './say.js';
import { homeOf, loginName, trustOf, userName } from './this-user.js';
import { fromVagrant } from './vagrant.js';
import { verbs } from './verbs.js';

/** Everything that a run needs and that is read before the first connection. */
export interface Setup {
  readonly inventory: Inventory;
  readonly limit: readonly string[] | undefined;
  readonly secrets: Secrets;
  readonly vault: VaultOpener;
  readonly trust: Trust;
  /** absolute; left out where there is none */
  readonly playbookPath: string | undefined;
  readonly base: Omit<RunOptions, 'playbook' | 'check' | 'verify' | 'emit'>;
}

/** Where the package's own roles and playbooks are. */
const shipped = fileURLToPath(packageFile('.'));

/** What the setup is read for. */
export interface Purpose {
  /** the playbook as it was named; group_vars and host_vars beside it count. Left out: there is none. */
  readonly playbook?: { readonly named: string | undefined };
  /** nothing is to be changed: not on the hosts, and no file of passwords here */
  readonly readOnly: boolean;
  /** the inventory was named by a plan: no program of it is run */
  readonly inventoryOfPlan?: boolean;
  /** what has been found not to be believed before */
  readonly trust?: Trust;
}

/**
 * Read what the command line names, besides the playbook. Nothing of it that somebody else could have written is used: all such files
 * are named together, with those of the playbook.
 * @throws UsageError, ConfigurationError
 */
export async function readSetup(options: HostOptions, io: Io, purpose: Purpose): Promise<Setup> {
  const trust = purpose.trust ?? trustOf(io);
  const playbook = purpose.playbook && findPlaybook(purpose.playbook.named, io.cwd);
  noteGiven(options, playbook, trust, io);
  return trust.during(async () => {
    try {
      return await readGiven(options, io, { ...purpose, path: playbook, trust });
    } finally {
      if (trust.faulty && playbook !== undefined) await notePlaybook(playbook, trust, io);
    }
  });
}

/** What is known to be used before anything is read. */
function noteGiven(options: HostOptions, playbook: string | undefined, trust: Trust, io: Io): void {
  const named = [
    ...(playbook === undefined ? [] : [playbook]),
    // Where there is none yet, a run that cannot make one goes on without it.
    dirname(journalRoot(io.cwd)),
    journalRoot(io.cwd),
    ...options.inventory.filter((source) => !isList(source, io.cwd)),
    ...options.extraVars.flatMap((one) => (one.startsWith('@') ? [one.slice(1)] : [])),
    ...(options.vaultPasswordFile === undefined ? [] : [options.vaultPasswordFile]),
    ...(options.limit ?? '').split(/[,:]/).flatMap((one) => /^[!&]?@(.+)/.exec(one)?.[1] ?? []),
    join(homeOf(io.env), '.ssh', 'config'),
  ];
  for (const path of named) trust.note(path);
}

/** For the list of what is not to be believed: what else the playbook would read. */
async function notePlaybook(path: string, trust: Trust, io: Io): Promise<void> {
  const options = { path, rolesPath: rolesPath(io), catalogue: { modules: resources, checks }, cwd: io.cwd };
  await loadPlaybook({ ...options, files: notedFiles(trust) }).catch(() => undefined);
}

interface Given extends Purpose {
  /** of the playbook */
  readonly path: string | undefined;
  readonly trust: Trust;
}

async function readGiven(options: HostOptions, io: Io, given: Given): Promise<Setup> {
  const { path: playbook, trust } = given;
  if (options.inventory.length === 0) {
    throw new UsageError('no inventory given', {
      hint: 'name one with -i, for example: provision -i inventory/production.yml',
    });
  }
  const keyProblem = options.privateKey === undefined ? undefined : trust.problemOfKey(options.privateKey);
  if (keyProblem !== undefined)
    throw new UsageError(`--private-key ${options.privateKey ?? ''}: ${keyProblem}`);
  const { secrets } = io;
  const vaultPassword = readVaultPassword(options.vaultPasswordFile, io);
  const vault = createVaultOpener(vaultPassword, secrets);
  const written = await loadInventory(options.inventory, {
    cwd: io.cwd,
    secrets,
    vaultPassword,
    env: io.env,
    playbookDir: playbook && dirname(playbook),
    trust,
    readOnly: given.inventoryOfPlan,
    warn: (message) => complain(io, `warning: ${message}`),
  });
  // From here on what was read is evaluated.
  trust.demand();
  if (given.playbook) refuseJinja(written);
  else warnOfJinja(written, io);
  const limit = options.limit === undefined ? undefined : matchHosts(options.limit, written);
  if (limit?.length === 0) throw new UsageError(`--limit ${options.limit ?? ''} leaves no host`);
  const inventory =
    options.fromVagrant === true
      ? await fromVagrant(written, { io, secrets, trust, vaultPassword, limit, renew: false })
      : written;
  const ask = rememberAnswers((question) => promptSecret(question, io));
  const password = options.askBecomePass ? await ask('sudo password: ') : undefined;
  if (password !== undefined) secrets.add(password);
  const become = options.become || options.becomeUser !== undefined || options.askBecomePass;
  return {
    inventory,
    limit,
    secrets,
    vault,
    trust,
    playbookPath: playbook,
    base: {
      cwd: io.cwd,
      inventory,
      limit,
      extraVars: await readExtraVars(options.extraVars, { cwd: io.cwd, vault, secrets }),
      connection: connectionDefaults(options, io),
      become: { user: become ? (options.becomeUser ?? 'root') : undefined, password },
      forks: options.forks,
      resources,
      checks,
      functions: {
        lookup: createLookup({
          inventoryDir: inventory.dir,
          env: io.env,
          secrets,
          vaultPassword,
          newPasswords: given.readOnly ? 'memory' : 'file',
          trust,
        }) as (...args: never[]) => unknown,
      },
      secrets,
      trust,
      interrupted: io.interrupted,
      now: () => performance.now(),
      sleep: (seconds) => sleep(seconds, io.interrupted),
      prompt: io.stdin.isTTY === true ? ask : undefined,
      lockHolder: `${userName()}@${hostname()} (process ${process.pid})`,
    },
  };
}

/** The playbook that is named, or the site of the folder. */
export async function readPlaybook(
  name: string | undefined,
  options: TaskOptions,
  io: Io,
  setup: Pick<Setup, 'vault' | 'secrets' | 'trust'>,
): Promise<Playbook> {
  const path = findPlaybook(name, io.cwd);
  const kept = io.cache && openTrees(io.cache, path);
  const playbook = await setup.trust.during(() =>
    loadPlaybook({
      path,
      rolesPath: rolesPath(io),
      catalogue: { modules: resources, checks },
      cwd: io.cwd,
      openVault: setup.vault.openValue,
      foundVault: setup.vault.foundVault,
      noteSecrets: (value) => addSecrets(value, setup.secrets),
      files: notedFiles(setup.trust),
      kept,
    }),
  );
  kept?.save();
  return selectTags(playbook, { tags: options.tags, skipTags: options.skipTags });
}

function rolesPath(io: Io): string[] {
  return [join(io.cwd, 'roles'), join(shipped, 'roles')];
}

/**
 * The playbook that is named, as a path or as one of the package's own; or the site of the folder. The package's own site is used where it is
 * named only: it sets up sshd and a firewall on whatever the inventory holds.
 */
function findPlaybook(name: string | undefined, cwd: string): string {
  if (name === undefined) {
    const path = SITES.map((site) => join(cwd, site)).find((place) => existsSync(place));
    if (path !== undefined) return path;
    throw new UsageError(`no playbook given, and this folder has neither ${SITES.join(' nor ')}`, {
      hint: 'name one: provision -i INVENTORY PLAYBOOK; the site that comes with provision is playbooks/site.yml',
    });
  }
  const path = resolve(cwd, name);
  if (existsSync(path)) return path;
  const own = join(shipped, name);
  if (/^playbooks\/[^/]+$/.test(name) && existsSync(own)) return own;
  throw noPlaybook(name, cwd);
}

/** The playbooks of a folder that are taken without being named. */
const SITES = ['playbooks/site.yml', 'site.yml'];

function noPlaybook(name: string, cwd: string): UsageError {
  if (!/[./]/.test(name)) {
    const near = didYouMean(name, [...verbs.map((verb) => verb.name), ...ownPlaybooks(cwd)]);
    return new UsageError(`no command and no playbook "${name}"${near}`, {
      hint: 'provision --help lists the commands',
    });
  }
  const files = [
    ...new Set([...ownPlaybooks(cwd, dirname(name)), ...ownPlaybooks(cwd), ...ownPlaybooks(shipped)]),
  ];
  const inFolder = files.slice(0, MOST_FILES).join(', ');
  return new UsageError(`there is no playbook ${name}${didYouMean(name, files)}`, {
    hint:
      files.length === 0
        ? 'check its path'
        : `there are: ${inFolder}${files.length > MOST_FILES ? ' …' : ''}`,
  });
}

/** Files in a message, at most. */
const MOST_FILES = 12;

/** YAML files below a folder where playbooks may be, as they would be named from there. */
function ownPlaybooks(cwd: string, ...folders: readonly string[]): string[] {
  return (folders.length > 0 ? folders : ['playbooks', '.']).flatMap((folder) => {
    try {
      return readdirSync(resolve(cwd, folder))
        .filter((file) => /^[^.].*\.ya?ml$/.test(file))
        .sort()
        .map((file) => join(folder, file));
    } catch {
      return [];
    }
  });
}

function connectionDefaults(options: HostOptions, io: Io): ConnectionDefaults {
  const home = homeOf(io.env);
  let files: readonly SshConfigFile[] | undefined;
  return {
    home,
    get user() {
      return loginName();
    },
    agentSocket: io.env['SSH_AUTH_SOCK'],
    // Read when a host is logged in to: listings need none of it.
    get sshConfig() {
      return (files ??= readSshConfig(home));
    },
    remoteUser: options.user,
    privateKeyFile: options.privateKey === undefined ? undefined : resolve(io.cwd, options.privateKey),
    connectTimeout: options.timeout,
  };
}

function readVaultPassword(file: string | undefined, io: Io): string | undefined {
  if (file === undefined) return undefined;
  try {
    return readFileSync(resolve(io.cwd, file), 'utf8').replace(/\r?\n$/, '');
  } catch (error) {
    throw new UsageError(`--vault-password-file: ${messageOf(error)}`);
  }
}

/** Wakes up early when the run is interrupted. */
function sleep(seconds: number, interrupted: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      interrupted.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, seconds * 1000);
    interrupted.addEventListener('abort', done);
  });
}
