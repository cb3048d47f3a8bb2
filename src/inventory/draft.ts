import { ConfigurationError, messageOf, type Position } from '../errors.js';
import type { Loaded } from '../template/template.js';
import { checkVariableName } from '../variables/reserved.js';
import type { Sourced } from './model.js';
import { expandHosts } from './range.js';

/** A host while sources are being read. */
export interface DraftHost {
  readonly name: string;
  readonly position: Position | undefined;
  readonly vars: Map<string, Sourced>;
  readonly folderVars: Map<string, Sourced>;
}

/** A group while sources are being read. `children` and `hosts` keep where each was first named. */
export interface DraftGroup {
  readonly name: string;
  readonly position: Position | undefined;
  readonly children: Map<string, Position | undefined>;
  readonly hosts: Set<string>;
  readonly vars: Map<string, Sourced>;
  readonly folderVars: Map<string, Sourced>;
  priority: number;
}

/** What the sources have named so far. Later sources add to it and win. */
export class InventoryDraft {
  readonly hosts = new Map<string, DraftHost>();
  readonly groups = new Map<string, DraftGroup>();

  constructor() {
    this.addGroup('all', undefined);
    this.addGroup('ungrouped', undefined);
    this.addChild('all', 'ungrouped', undefined);
  }

  addGroup(name: string, position: Position | undefined): DraftGroup {
    let group = this.groups.get(name);
    if (!group) {
      if (name === '' || /[\s,:!&[\]]/.test(name)) {
        throw new ConfigurationError(`"${name}" cannot be the name of a group`, {
          position,
          hint: 'Names of groups have letters, digits, "_", "-" and "."; the other characters mean something in host patterns.',
        });
      }
      group = {
        name,
        position,
        children: new Map(),
        hosts: new Set(),
        vars: new Map(),
        folderVars: new Map(),
        priority: 1,
      };
      this.groups.set(name, group);
    }
    return group;
  }

  addChild(parent: string, child: string, position: Position | undefined): void {
    this.addGroup(child, position);
    const { children } = this.addGroup(parent, position);
    if (!children.has(child)) children.set(child, position);
  }

  /** All hosts of an entry such as `web[1:3]:2222`, put into a group. */
  addHosts(entry: string, group: string, position: Position | undefined): DraftHost[] {
    let expanded;
    try {
      expanded = expandHosts(entry);
    } catch (error) {
      throw new ConfigurationError(messageOf(error), { position });
    }
    const { names, port } = expanded;
    return names.map((name) => {
      const host = this.addHost(name, group, position);
      if (port !== undefined) host.vars.set('ansible_port', { value: port, position });
      return host;
    });
  }

  /** A host by its plain name. */
  addHost(name: string, group: string, position: Position | undefined): DraftHost {
    let host = this.hosts.get(name);
    if (!host) {
      host = { name, position, vars: new Map(), folderVars: new Map() };
      this.hosts.set(name, host);
    }
    this.addGroup(group, position).hosts.add(name);
    return host;
  }

  setGroupVar(group: DraftGroup, name: string, value: Loaded, position: Position | undefined): void {
    if (name === 'ansible_group_priority') group.priority = priorityOf(value, position);
    else setVar(group.vars, name, value, position);
  }

  setHostVar(host: DraftHost, name: string, value: Loaded, position: Position | undefined): void {
    setVar(host.vars, name, value, position);
  }
}

export function setVar(
  vars: Map<string, Sourced>,
  name: string,
  value: Loaded,
  position: Position | undefined,
): void {
  checkVariableName(name, position);
  vars.set(name, { value, position });
}

function priorityOf(value: Loaded, position: Position | undefined): number {
  const priority = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  if (typeof priority === 'number' && Number.isInteger(priority)) return priority;
  throw new ConfigurationError('ansible_group_priority is a whole number', { position });
}
