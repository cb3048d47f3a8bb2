import { hostState, initOf, isLinkCut, type HostState } from './host.js';
import type { Roots } from './paths.js';
import type { ClusterSpec } from './spec.js';
import { readState } from './state.js';
import type { Suite } from './suites.js';

export interface HostStatus {
  readonly name: string;
  readonly address: string;
  readonly user: string;
  readonly state: HostState;
  readonly link: 'up' | 'cut';
  readonly suite: Suite | undefined;
  /** the host's first process as the machine sees it */
  readonly pid: number | undefined;
  /** seconds since its boot */
  readonly uptime: number | undefined;
}

/** How every host of the inventory stands. Needs no root. */
export async function clusterStatus(spec: ClusterSpec, roots: Roots): Promise<HostStatus[]> {
  const recorded = await readState(roots, spec.name);
  return Promise.all(
    spec.hosts.map(async (host): Promise<HostStatus> => {
      const ref = { roots, cluster: spec.name, host: host.name };
      const [state, init, cut] = await Promise.all([hostState(ref), initOf(ref), isLinkCut(ref)]);
      const settled = recorded?.spec.hosts.find((candidate) => candidate.name === host.name);
      return {
        name: host.name,
        address: settled?.address ?? host.address,
        user: settled?.user ?? host.user,
        state,
        link: cut ? 'cut' : 'up',
        suite: settled?.suite,
        pid: init?.pid,
        uptime: init === undefined ? undefined : Math.max(0, Math.round((Date.now() - init.since) / 1000)),
      };
    }),
  );
}
