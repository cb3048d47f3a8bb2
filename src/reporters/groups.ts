/** The same thing said of several hosts. */
export interface Group<T> {
  readonly hosts: string[];
  readonly value: T;
}

interface Said<T> {
  /** what is alike has the same key */
  readonly key: string;
  /** what is about the same has the same subject: it stands together */
  readonly subject: string;
  readonly value: T;
}

/**
 * Brings together what is said alike of several hosts. Each host's own order is kept: what a host says stands behind what it
 * said before. When it was said makes no difference.
 */
export interface Groups<T> {
  add(host: string, said: Said<T>): void;
  /** All groups, in order, hosts in the order of this list; then there are none. */
  take(hosts: readonly string[]): readonly Group<T>[];
}

export function createGroups<T>(): Groups<T> {
  let byHost = new Map<string, Said<T>[]>();
  return {
    add(host, said) {
      byHost.set(host, [...(byHost.get(host) ?? []), said]);
    },
    take(hosts) {
      const nodes: Node<T>[] = [];
      for (const host of hosts) merge(nodes, host, byHost.get(host) ?? []);
      byHost = new Map();
      return nodes;
    },
  };
}

type Node<T> = Said<T> & Group<T>;

/** Put what one host says among what others have said. */
function merge<T>(nodes: Node<T>[], host: string, list: readonly Said<T>[]): void {
  let from = 0;
  let waiting: Node<T>[] = [];
  for (const said of list) {
    const node = { ...said, hosts: [host] };
    const alike = nodes.findIndex((one, index) => index >= from && one.key === said.key);
    const kin = nodes.findLastIndex((one, index) => index >= from && one.subject === said.subject);
    if (alike === -1 && kin === -1) {
      waiting.push(node);
      continue;
    }
    // What has no place of its own stands before the next thing that has one.
    const at = (alike === -1 ? kin : alike) + waiting.length;
    nodes.splice(alike === -1 ? kin : alike, 0, ...waiting);
    waiting = [];
    if (alike === -1) nodes.splice(at + 1, 0, node);
    else nodes[at]?.hosts.push(host);
    from = alike === -1 ? at + 2 : at + 1;
  }
  nodes.push(...waiting);
}
