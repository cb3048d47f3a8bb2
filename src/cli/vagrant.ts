import { join } from 'node:path';
import { HostValues } from '../controller/host-values.js';
import { createScopes } from '../controller/scopes.js';
import { UsageError } from '../errors.js';
import type { Inventory } from '../inventory/model.js';
import { hostVariables } from '../inventory/variables.js';
import { PendingValue } from '../template/scope.js';
import { findVagrantFolder } from '../vagrant/folder.js';
import { vagrantLogins } from '../vagrant/logins.js';
import { isController } from '../vagrant/machines.js';
import { withVagrantLogins } from '../vagrant/overlay.js';
import { settingsOf, type HostSettings } from '../vagrant/settings.js';
import type { Trust } from '../trust/trust.js';
import { createLookup } from '../variables/lookup.js';
import type { Secrets } from '../variables/secrets.js';
import type { Io } from './io.js';
import { complain } from './say.js';
import { userId } from './this-user.js';

export interface VagrantOptions {
  readonly io: Io;
  readonly secrets: Secrets;
  readonly trust: Trust;
  readonly vaultPassword: string | undefined;
  /** these hosts have to have a machine; undefined: all */
  readonly limit: readonly string[] | undefined;
  /** ask Vagrant again about machines of which all is known */
  readonly renew: boolean;
}

/** The inventory with the machines of Vagrant in place of its hosts. */
export async function fromVagrant(inventory: Inventory, options: VagrantOptions): Promise<Inventory> {
  const { io, limit } = options;
  const settings = vagrantSettings(inventory, options);
  const hosts = settings.filter((one) => !isController(one)).map((one) => one.host);
  const folder = await findVagrantFolder(io.cwd, io.env);
  // The Vagrantfile is run by Vagrant; the other folder holds logins and pinned keys.
  options.trust.note(folder.file);
  options.trust.note(folder.data);
  options.trust.note(join(folder.data, 'provision'));
  options.trust.demand();
  const wanted = hosts.filter((host) => limit?.includes(host) ?? true);
  const logins = await vagrantLogins(folder, hosts, {
    wanted,
    env: io.env,
    uid: userId(),
    report: (line) => void complain(io, line),
    renew: options.renew,
  });
  const missing = wanted.filter((host) => !logins.has(host));
  if (missing.length > 0) {
    throw new UsageError(`Vagrant has made no machine for ${missing.join(', ')} in ${folder.root}`, {
      hint:
        missing.length === wanted.length
          ? 'vagrant up, or VAGRANT_CWD=FOLDER when the Vagrantfile is elsewhere'
          : `vagrant up ${missing.join(' ')}, or leave them out: --limit`,
    });
  }
  return withVagrantLogins(inventory, settings, logins);
}

/** The variables of all hosts as they are known before any host is. */
export function vagrantSettings(
  inventory: Inventory,
  { io, secrets, trust, vaultPassword }: Pick<VagrantOptions, 'io' | 'secrets' | 'trust' | 'vaultPassword'>,
): HostSettings[] {
  const values = new HostValues(new Set());
  const scopes = createScopes({
    inventory,
    extraVars: new Map(),
    playbookPath: join(io.cwd, 'site.yml'),
    check: true,
    functions: {
      lookup: createLookup({
        inventoryDir: inventory.dir,
        env: io.env,
        secrets,
        vaultPassword,
        newPasswords: 'memory',
        trust,
      }) as (...args: never[]) => unknown,
    },
    factsOf: (host) => {
      throw new PendingValue(`a fact of ${host}`);
    },
    valuesOf: () => values,
  });
  return [...inventory.hosts.keys()].map((host) =>
    settingsOf(host, scopes.ofHost(host), hostVariables(inventory, host)),
  );
}
