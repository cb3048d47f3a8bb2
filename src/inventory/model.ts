import type { Sourced } from '../template/template.js';

export type { Sourced } from '../template/template.js';

/** Hosts and groups, with their own variables and where each came from. Nothing rendered. */
export interface Inventory {
  /** the sources as given on the command line */
  readonly sources: readonly string[];
  /** folder of the first source, for inventory_dir */
  readonly dir: string;
  /** in the order in which they were first named */
  readonly hosts: ReadonlyMap<string, Host>;
  /** `all` and `ungrouped` included */
  readonly groups: ReadonlyMap<string, Group>;
}

export interface Host {
  readonly name: string;
  /** names of all groups that hold it, `all` left out, weakest (nearest to all) first: the order in which variables merge */
  readonly groups: readonly string[];
  /** the host's own variables: inventory file, then host_vars */
  readonly vars: ReadonlyMap<string, Sourced>;
}

export interface Group {
  readonly name: string;
  readonly children: readonly string[];
  /** direct members */
  readonly hosts: readonly string[];
  readonly vars: ReadonlyMap<string, Sourced>;
  /** those of `vars` that come from group_vars: they win over what any group has in an inventory file, as in Ansible */
  readonly folderVars: ReadonlyMap<string, Sourced>;
  /** longest way from all */
  readonly depth: number;
  /** ansible_group_priority */
  readonly priority: number;
}
