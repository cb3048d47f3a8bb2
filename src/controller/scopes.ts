import { basename, dirname } from 'node:path';
import type { FactsAnswer } from '../agent/query.js';
import { factNames } from '../agent/facts.js';
import type { Inventory } from '../inventory/model.js';
import { hostVariables, variableOwners } from '../inventory/variables.js';
import type { Play, Role, Task, Variables } from '../playbook/model.js';
import type { Scope } from '../template/scope.js';
import type { Loaded, Sourced } from '../template/template.js';
import { explainVariable, type Explained } from '../variables/explain.js';
import { createScope, extendScope, type Given, type Layer } from '../variables/scope.js';
import type { HostValues } from './host-values.js';

/** What the variables of all hosts are made of. */
export interface ScopeSources {
  readonly inventory: Inventory;
  readonly extraVars: ReadonlyMap<string, Sourced>;
  readonly playbookPath: string;
  readonly check: boolean;
  readonly functions: Readonly<Record<string, (...args: never[]) => unknown>>;
  /** @throws FactsPending */
  readonly factsOf: (host: string) => FactsAnswer;
  readonly valuesOf: (host: string) => HostValues;
}

export interface Scopes {
  /** a host's variables outside of any play: connection settings, hostvars */
  ofHost(host: string): Scope;
  /** those of a task or check of a play on a host */
  ofTask(
    host: string,
    task: Pick<Task, 'role' | 'vars'>,
    where: PlayPlace,
    /** what the host's tasks have set, where that is not what they have really set so far */
    values?: HostValues,
  ): Scope;
  /** what each level says of a variable where a role of a play uses it; without a play: outside of all plays */
  explain(
    name: string,
    host: string,
    where?: { readonly play: Play; readonly role: Role | undefined },
  ): Explained[];
  /** a scope with some more values, which are data */
  child(scope: Scope, vars: Readonly<Record<string, unknown>>): Scope;
}

/** The play that a task belongs to, and the hosts that take part. */
export interface PlayPlace {
  readonly play: Play;
  /** all hosts of the play that are still in the run */
  readonly hosts: () => readonly string[];
  /** those of the current batch */
  readonly batch: () => readonly string[];
}

export function createScopes(sources: ScopeSources): Scopes {
  const hostScopes = new Map<string, Scope>();
  const roleScopes = new WeakMap<PlayPlace, Map<string, Scope>>();
  const inventoryLayers = new Map<string, Layer>();
  const hostvars = hostvarsOf([...sources.inventory.hosts.keys()], (host) => scopes.ofHost(host));
  const groups = Object.fromEntries(
    [...sources.inventory.groups.keys()].map((name) => [name, membersOf(name, sources.inventory)]),
  );

  const scopes: Scopes = {
    ofHost(host) {
      return remember(hostScopes, host, () => {
        const base = createScope({
          layers: layersOf(host, undefined, undefined),
          magic: magicOf(host),
          functions: sources.functions,
        });
        return extendScope(base, sources.valuesOf(host).bindings);
      });
    },
    ofTask(host, task, where, values = sources.valuesOf(host)) {
      const perPlay = roleScopes.get(where) ?? new Map<string, Scope>();
      roleScopes.set(where, perPlay);
      const role = task.role;
      const index = role ? where.play.roles.indexOf(role) : -1;
      const base = remember(perPlay, `${host}\0${index}`, () =>
        createScope({
          layers: layersOf(host, where.play, role),
          magic: { ...magicOf(host), ...playMagic(where, role) },
          functions: sources.functions,
        }),
      );
      let scope = base;
      for (const vars of task.vars) scope = extendScope(scope, bindingsOf(vars));
      return extendScope(scope, values.bindings);
    },
    explain(name, host, where) {
      const layers = layersOf(host, where?.play, where?.role).flatMap((layer): Layer[] =>
        layer.level === 'inventory'
          ? variableOwners(sources.inventory, host).map((one) => ({ level: 'inventory', ...one }))
          : [layer],
      );
      return explainVariable(name, layers);
    },
    child(scope, vars) {
      return extendScope(
        scope,
        new Map(Object.entries(vars).map(([name, value]): [string, Given] => [name, { give: () => value }])),
      );
    },
  };
  return scopes;

  function layersOf(host: string, play: Play | undefined, role: Role | undefined): Layer[] {
    return [
      { level: 'role defaults', vars: new Map([['ansible_host', sourced(host)]]) },
      // Defaults of all roles of the play are visible; a role's own win.
      ...(play?.roles ?? [])
        .filter((one) => one !== role)
        .map((one): Layer => ({ level: 'role defaults', owner: `role ${one.name}`, vars: one.defaults })),
      ...(role ? [{ level: 'role defaults', owner: `role ${role.name}`, vars: role.defaults } as const] : []),
      remember(inventoryLayers, host, () => ({ level: 'inventory', vars: variablesOf(host) })),
      { level: 'play vars', vars: play?.vars ?? new Map() },
      { level: 'role parameters', vars: new Map([...(role?.vars ?? []), ...(role?.params ?? [])]) },
      { level: 'extra vars', vars: sources.extraVars },
    ];
  }

  function variablesOf(host: string): ReadonlyMap<string, Sourced> {
    return sources.inventory.hosts.has(host) ? hostVariables(sources.inventory, host) : new Map();
  }

  function bindingsOf(vars: Variables): Variables {
    return new Map([...vars].filter(([name]) => !sources.extraVars.has(name)));
  }

  function magicOf(host: string): Record<string, () => unknown> {
    const { inventory } = sources;
    const fact = (name: string) => (): unknown => sources.factsOf(host)[name];
    return {
      inventory_hostname: () => host,
      inventory_hostname_short: () => host.split('.')[0],
      inventory_dir: () => inventory.dir,
      inventory_file: () => inventory.sources[0],
      playbook_dir: () => dirname(sources.playbookPath),
      groups: () => groups,
      group_names: () => [...(inventory.hosts.get(host)?.groups ?? [])].sort(),
      hostvars: () => hostvars,
      ansible_check_mode: () => sources.check,
      ansible_facts: () => sources.factsOf(host),
      ...Object.fromEntries(factNames.map((name) => [`ansible_${name}`, fact(name)])),
    };
  }
}

function playMagic(where: PlayPlace, role: Role | undefined): Record<string, () => unknown> {
  return {
    playbook_dir: () => where.play.dir,
    ansible_play_name: () => where.play.name,
    ansible_play_hosts: () => where.hosts(),
    ansible_play_batch: () => where.batch(),
    ansible_role_names: () => where.play.roles.map((one) => one.name),
    ...(role ? { role_name: () => basename(role.name), role_path: () => role.path } : {}),
  };
}

/** `hostvars['db1'].name`: what another host's variables are, undefined where it has none. */
function hostvarsOf(hosts: readonly string[], scopeOf: (host: string) => Scope): unknown {
  const views = new Map<string, unknown>();
  return new Proxy(
    {},
    {
      get(_target, key) {
        if (typeof key !== 'string' || !hosts.includes(key)) return undefined;
        return remember(views, key, () => viewOf(scopeOf(key)));
      },
      has: (_target, key) => typeof key === 'string' && hosts.includes(key),
      ownKeys: () => [...hosts],
      getOwnPropertyDescriptor: (_target, key) =>
        hosts.includes(String(key)) ? { enumerable: true, configurable: true } : undefined,
    },
  );
}

function viewOf(scope: Scope): unknown {
  return new Proxy(
    {},
    {
      get: (_target, key) => (typeof key === 'string' && scope.has(key) ? scope.get(key) : undefined),
      has: (_target, key) => typeof key === 'string' && scope.has(key),
      ownKeys: () => [...new Set(scope.names())],
      getOwnPropertyDescriptor: (_target, key) =>
        typeof key === 'string' && scope.has(key) ? { enumerable: true, configurable: true } : undefined,
    },
  );
}

/** All hosts below a group, in inventory order. */
function membersOf(group: string, inventory: Inventory): string[] {
  if (group === 'all') return [...inventory.hosts.keys()];
  return [...inventory.hosts.values()].filter((host) => host.groups.includes(group)).map((host) => host.name);
}

function sourced(value: Loaded): Sourced {
  return { value, position: undefined };
}

function remember<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const known = map.get(key);
  if (known !== undefined) return known;
  const made = make();
  map.set(key, made);
  return made;
}
