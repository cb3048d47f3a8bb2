import { createHash } from 'node:crypto';

/** Names of what a cluster makes on the machine. They depend on the cluster's and the host's names alone, so a later run finds them again. */

/** The kernel takes 15 characters for the name of an interface. */
const longestInterface = 15;

export function bridgeName(cluster: string): string {
  const plain = `pv-${cluster}`;
  return plain.length <= longestInterface
    ? plain
    : `pv-${cluster.slice(0, 7)}-${digest(cluster).slice(0, 4)}`;
}

/** The machine's end of a host's network cable. */
export function cableName(cluster: string, host: string): string {
  return `pv${digest(`${cluster}/${host}`).slice(0, 12)}`;
}

export function namespaceName(cluster: string, host: string): string {
  return `pv-${cluster}-${host}`;
}

/** nftables takes no hyphens; cluster names hold no underscores, so two clusters never get one name. */
export function tableName(cluster: string): string {
  return `provision_${cluster.replaceAll('-', '_')}`;
}

/**
 * A locally administered address that survives reboots and resets: with a random one the neighbours would go on sending to the
 * old one until their ARP entry expires.
 */
export function macAddress(cluster: string, host: string): string {
  const bytes = digest(`${cluster}/${host}`).match(/../g) ?? [];
  return ['02', '70', '76', ...bytes.slice(0, 3)].join(':');
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
