import { ClusterError } from '../errors.js';
import type { ClusterSpec } from './spec.js';
import type { ClusterState, SettledHost } from './state.js';
import type { Suite } from './suites.js';
import { firstUid } from './uids.js';

export interface Wish {
  readonly spec: ClusterSpec;
  /** of the command line; wins over the inventory */
  readonly suite: Suite | undefined;
  readonly project: string;
}

/**
 * The cluster as it shall be, from the inventory and from what is up already. A cluster that is up keeps its releases unless told
 * otherwise; what cannot be changed under running hosts is refused.
 */
export function settle(wish: Wish, recorded: ClusterState | undefined): ClusterState {
  const { spec, project } = wish;
  if (recorded !== undefined && recorded.project !== project) {
    throw new ClusterError(`the cluster ${spec.name} belongs to ${recorded.project}, where its keys are`, {
      hint: 'run `provision cluster down` there, or give this one another name: cluster_name of the group all',
    });
  }
  if (recorded !== undefined && recorded.spec.subnet !== spec.subnet) {
    throw new ClusterError(
      `the cluster ${spec.name} is up in ${recorded.spec.subnet}, the inventory says ${spec.subnet}`,
      {
        hint: 'run `provision cluster down` first',
      },
    );
  }
  const hosts = spec.hosts.map((host): SettledHost => {
    const before = recorded?.spec.hosts.find((candidate) => candidate.name === host.name);
    const suite = wish.suite ?? before?.suite ?? host.suite ?? 'trixie';
    return { ...host, suite, ...(before?.uids === undefined ? {} : { uids: before.uids }) };
  });
  return { spec: { ...spec, hosts }, project, images: recorded?.images ?? {} };
}

/** The cluster with user ids of its own for every host: no two hosts of the machine share any. `others`: the other clusters. */
export function withUids(state: ClusterState, others: readonly ClusterState[]): ClusterState {
  const taken = new Set(
    [state, ...others].flatMap(({ spec }) =>
      spec.hosts.flatMap(({ uids }) => (uids === undefined ? [] : [uids])),
    ),
  );
  const hosts = state.spec.hosts.map((host): SettledHost => {
    const uids = host.uids ?? firstUid(state.spec.name, host.name, taken);
    taken.add(uids);
    return { ...host, uids };
  });
  return { ...state, spec: { ...state.spec, hosts } };
}

/** Hosts whose disk was made for another address, login or release: they must be made anew. */
export function changedHosts(state: ClusterState, recorded: ClusterState | undefined): string[] {
  const before = new Map(recorded?.spec.hosts.map((host) => [host.name, host]));
  return state.spec.hosts
    .filter((host) => {
      const old = before.get(host.name);
      return (
        old !== undefined &&
        (old.address !== host.address || old.user !== host.user || old.suite !== host.suite)
      );
    })
    .map((host) => host.name);
}
