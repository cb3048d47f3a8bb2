import { join } from 'node:path';

/** Where everything lies. `state` and `images` belong to the machine, `project` to the folder in which the command runs. */
export interface Roots {
  readonly state: string;
  readonly images: string;
  readonly project: string;
}

export function defaultRoots(project: string): Roots {
  return { state: '/var/lib/provision', images: '/var/cache/provision/images', project };
}

export function clustersDir(roots: Roots): string {
  return join(roots.state, 'clusters');
}

export function clusterDir(roots: Roots, cluster: string): string {
  return join(clustersDir(roots), cluster);
}

export function hostsDir(roots: Roots, cluster: string): string {
  return join(clusterDir(roots, cluster), 'hosts');
}

/** A host's own folder: `disk/` (the overlay's upper and work folders), `console.log`, markers. */
export function hostDir(roots: Roots, cluster: string, host: string): string {
  return join(hostsDir(roots, cluster), host);
}

/** Keys and known_hosts of a cluster, inside the project. */
export function accessDir(roots: Roots, cluster: string): string {
  return join(roots.project, '.provision', 'cluster', cluster);
}
