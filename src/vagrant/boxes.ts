import { didYouMean } from '../schema.js';

/** Vagrant's name of a box for each provider. */
export interface Box {
  readonly virtualbox: string;
  readonly libvirt: string;
  readonly lxc: string;
}

export const defaultBox = 'debian-13';

const boxes: ReadonlyMap<string, Box> = new Map(
  [defaultBox, 'debian-12', 'ubuntu-24.04'].map((name) => [
    name,
    { virtualbox: `bento/${name}`, libvirt: `cloud-image/${name}`, lxc: `provision/${name}` },
  ]),
);

/** The boxes of a name of ours, or one of Vagrant's own names (`owner/box`) or addresses for all providers; why not, otherwise. */
export function boxOf(name: string): Box | string {
  const own = boxes.get(name);
  if (own) return own;
  if (name.includes('/')) return { virtualbox: name, libvirt: name, lxc: name };
  return `there is no box "${name}"${didYouMean(name, boxes.keys())}: one of ${[...boxes.keys()].join(', ')}, or owner/box as Vagrant has it`;
}
