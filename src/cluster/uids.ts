import { createHash } from 'node:crypto';
import { HOST_IDS } from './map-ids.js';

/** User ids of hosts on the machine: above what people, system services and /etc/subuid have, within systemd's range for containers. */
const FIRST = 0x4000_0000;
const LAST = 0x6fff_0000;
const SLOTS = (LAST - FIRST) / HOST_IDS + 1;

/**
 * The first of the host's user ids as the machine sees them. It depends on the names alone, so that a later run finds the same, unless
 * that range is `taken`; then the next one that is free.
 */
export function firstUid(cluster: string, host: string, taken: ReadonlySet<number> = new Set()): number {
  const start = createHash('sha256').update(`${cluster}/${host}`).digest().readUInt32BE(0) % SLOTS;
  for (let step = 0; step < SLOTS; step += 1) {
    const uid = FIRST + ((start + step) % SLOTS) * HOST_IDS;
    if (!taken.has(uid)) return uid;
  }
  throw new RangeError('no user ids are left for another host');
}
