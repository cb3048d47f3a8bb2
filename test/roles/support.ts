import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { checks } from '../../src/checks/index.js';
import { HostValues } from '../../src/controller/host-values.js';
import { createScopes } from '../../src/controller/scopes.js';
import { loadInventory } from '../../src/inventory/load.js';
import { loadPlaybook } from '../../src/playbook/load.js';
import type { Role } from '../../src/playbook/model.js';
import { resources } from '../../src/resources/index.js';
import { renderFile } from '../../src/template/render.js';
import type { Scope } from '../../src/template/scope.js';
import { createLookup } from '../../src/variables/lookup.js';
import { createSecrets } from '../../src/variables/secrets.js';

export const releases = ['bookworm', 'trixie'] as const;

/** A role on a host: what its tasks see. */
export interface RoleOnHost {
  readonly role: Role;
  readonly host: string;
  readonly scope: Scope;
}

interface Site {
  readonly release?: (typeof releases)[number];
  readonly inventory?: string;
  /** what -e would give */
  readonly extra?: Readonly<Record<string, unknown>>;
  /** ansible_local of every host */
  readonly local?: Readonly<Record<string, unknown>>;
}

/** Every role of the site on every host of an inventory that gets it, with facts as such a host reports them. */
export async function rolesOnHosts(site: Site = {}): Promise<RoleOnHost[]> {
  const { playbook, scopes, hostsOf } = await loadSite(site);
  return playbook.plays.flatMap((play) => {
    const hosts = hostsOf(play);
    const where = { play, hosts: () => hosts, batch: () => hosts };
    return play.roles.flatMap((role) =>
      hosts.map((host) => ({ role, host, scope: scopes.ofTask(host, { role, vars: [] }, where) })),
    );
  });
}

/** What the checks of a play of the site see on a host. */
export async function playOnHost(name: string, host: string, site: Site = {}): Promise<Scope> {
  const { playbook, scopes, hostsOf } = await loadSite(site);
  const play = playbook.plays.find((one) => one.name === name)!;
  const hosts = hostsOf(play);
  return scopes.ofTask(host, { role: undefined, vars: [] }, { play, hosts: () => hosts, batch: () => hosts });
}

async function loadSite(site: Site) {
  const { release = 'trixie', extra = {}, local = {} } = site;
  const secrets = createSecrets();
  const inventory = await loadInventory([site.inventory ?? 'inventory/demo.yml'], {
    cwd: process.cwd(),
    secrets,
  });
  const playbook = await loadPlaybook({
    path: resolve('playbooks/site.yml'),
    rolesPath: [resolve('roles')],
    catalogue: { modules: resources, checks },
  });
  const scopes = createScopes({
    inventory,
    extraVars: new Map(
      Object.entries(extra).map(([name, value]) => [name, { value: value as never, position: undefined }]),
    ),
    playbookPath: playbook.path,
    check: false,
    functions: {
      lookup: createLookup({ inventoryDir: inventory.dir, env: {}, secrets, newPasswords: 'memory' }) as (
        ...args: never[]
      ) => unknown,
    },
    factsOf: (host) => ({ ...factsOf(String(scopes.ofHost(host).get('ansible_host')), release), local }),
    valuesOf: () => new HostValues(new Set()),
  });
  const hostsOf = (play: (typeof playbook.plays)[number]): string[] =>
    [...inventory.hosts.values()]
      .filter((host) => play.hosts === 'all' || host.groups.includes(String(play.hosts)))
      .map((host) => host.name);
  return { playbook, scopes, hostsOf };
}

/** A template of a role as it would be written to the host. */
export function rendered({ role, scope }: RoleOnHost, template: string): string {
  const path = join(role.path, 'templates', template);
  return renderFile(readFileSync(path, 'utf8'), path, scope);
}

export function templatesOf(role: Role): string[] {
  try {
    return readdirSync(join(role.path, 'templates'));
  } catch {
    return [];
  }
}

function factsOf(address: string, release: string): Readonly<Record<string, unknown>> {
  const ipv4 = { address, network: address.replace(/\d+$/, '0'), netmask: '255.255.255.0', prefix: 24 };
  return {
    distribution: 'Debian',
    distribution_release: release,
    memtotal_mb: 2048,
    processor_vcpus: 2,
    architecture: 'x86_64',
    systemd_version: 257,
    service_mgr: 'systemd',
    interfaces: ['lo', 'eth0'],
    lo: {
      device: 'lo',
      ipv4: { address: '127.0.0.1', network: '127.0.0.0', netmask: '255.0.0.0', prefix: 8 },
    },
    eth0: { device: 'eth0', ipv4 },
    default_ipv4: { interface: 'eth0', ...ipv4 },
  };
}
