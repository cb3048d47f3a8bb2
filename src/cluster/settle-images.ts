import { access } from 'node:fs/promises';
import { ClusterError } from '../errors.js';
import type { Context } from './context.js';
import { hasDisk } from './host.js';
import { ensureImage } from './image.js';
import type { ClusterState } from './state.js';
import type { Suite } from './suites.js';

/**
 * The image of each release in use. A disk is a layer over one image: while a host keeps its disk, its release keeps the image, even
 * when a newer one could be built.
 */
export async function settleImages(
  state: ClusterState,
  renew: ReadonlySet<string>,
  context: Context,
): Promise<ClusterState['images']> {
  const images: Partial<Record<Suite, string>> = {};
  for (const suite of new Set(state.spec.hosts.map((host) => host.suite))) {
    const present = state.images[suite];
    const layered = present === undefined ? [] : await hostsWithDisk(state, suite, renew, context);
    if (present === undefined || layered.length === 0)
      images[suite] = await ensureImage({ ...context, suite });
    else images[suite] = await existing(present, layered);
  }
  return images;
}

async function hostsWithDisk(
  state: ClusterState,
  suite: Suite,
  renew: ReadonlySet<string>,
  { roots }: Context,
): Promise<string[]> {
  const kept = state.spec.hosts
    .filter((host) => host.suite === suite && !renew.has(host.name))
    .map((host) => host.name);
  const there = await Promise.all(kept.map((host) => hasDisk({ roots, cluster: state.spec.name, host })));
  return kept.filter((_host, index) => there[index]);
}

async function existing(image: string, hosts: readonly string[]): Promise<string> {
  try {
    await access(image);
    return image;
  } catch (cause) {
    throw new ClusterError(`the image ${image} is gone, and with it the disks of ${hosts.join(', ')}`, {
      hint: '`provision cluster reset` makes every host anew',
      cause,
    });
  }
}
