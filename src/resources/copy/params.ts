import type { Content } from '../../agent/content.js';
import type { Attributes } from '../filesystem/attributes.js';
import type { Mode } from '../filesystem/mode.js';
import { lastPartOf } from '../filesystem/paths.js';
import type { PlacedFile } from '../filesystem/placed-file.js';
import type { Placement } from '../filesystem/placement.js';
import type { Resource } from '../resource.js';

/** The parameters of `copy`. `mode` may be `preserve` as well. */
export interface CopyParams extends Attributes {
  readonly src?: string;
  readonly content?: unknown;
  readonly dest: string;
  readonly directory_mode?: Mode;
  readonly backup: boolean;
  readonly validate?: string;
  readonly force: boolean;
  readonly follow: boolean;
  readonly local_follow: boolean;
  readonly remote_src: boolean;
}

/** One way of copying. */
export type WayOfCopy = Pick<Resource<CopyParams>, 'queries' | 'plan' | 'apply'>;

/** The parameters of one file as the files of this folder pass them on. `sourceMode` is what `preserve` stands for. */
export function placed(params: CopyParams, content: Content, sourceMode: number): PlacedFile {
  return {
    placement: placementOf(params),
    folders: folderAttributes(params),
    content,
    ...fileAttributes(params, sourceMode),
    ...(params.validate === undefined ? {} : { validate: params.validate }),
    backup: params.backup,
    write: params.force ? 'always' : 'create',
  };
}

export function placementOf({ dest, src, follow }: CopyParams): Placement {
  return { dest, follow, ...(src === undefined ? {} : { name: lastPartOf(src) }) };
}

export function fileAttributes({ owner, group, mode }: CopyParams, sourceMode: number): Attributes {
  return {
    ...ownership({ owner, group }),
    ...(mode === undefined ? {} : { mode: mode === 'preserve' ? sourceMode : mode }),
  };
}

export function folderAttributes({ owner, group, directory_mode }: CopyParams): Attributes {
  return {
    ...ownership({ owner, group }),
    ...(directory_mode === undefined ? {} : { mode: directory_mode }),
  };
}

function ownership({
  owner,
  group,
}: {
  owner: Attributes['owner'] | undefined;
  group: Attributes['group'] | undefined;
}): Attributes {
  return { ...(owner === undefined ? {} : { owner }), ...(group === undefined ? {} : { group }) };
}
