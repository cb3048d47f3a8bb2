import type { ScriptQuery, FileAnswer, FileQuery } from '../agent/query.js';
import type { Answers } from '../agent/query.js';
import { formatMode } from './filesystem/mode.js';
import { hostPathSchema, requireSeen } from './filesystem/paths.js';
import { resource, type Resource } from './resource.js';

interface Params {
  readonly path: string;
  readonly follow: boolean;
  readonly get_checksum: boolean;
  readonly checksum_algorithm: string;
}

export const stat: Resource = resource<Params>({
  name: 'stat',
  summary: 'What is known of a file, for `register`. Changes nothing.',
  changes: 'never',
  schema: {
    type: 'object',
    additionalProperties: false,
    required: ['path'],
    properties: {
      path: { ...hostPathSchema, description: 'where it is on the host' },
      follow: { type: 'boolean', default: false, description: 'of what a link points to' },
      get_checksum: {
        type: 'boolean',
        default: false,
        description: 'read the file for `stat.checksum` (Ansible does unasked)',
      },
      checksum_algorithm: {
        enum: ['sha1', 'sha224', 'sha256', 'sha384', 'sha512', 'md5'],
        default: 'sha1',
        description: 'how `stat.checksum` is made',
      },
    },
  },
  queries: (params) => [fileQuery(params), ...(params.get_checksum ? [checksumQuery(params)] : [])],
  plan(params, answers) {
    requireSeen(params.path, answers.get<'file'>(fileQuery(params)));
    if (params.get_checksum) answers.get<'script'>(checksumQuery(params));
    return [];
  },
  apply: () => [],

  result(params, answers) {
    const file = answers.get<'file'>(fileQuery(params));
    requireSeen(params.path, file);
    if (!file.exists) return { stat: { exists: false } };
    const checksum = params.get_checksum ? readChecksum(params, answers) : undefined;
    return { stat: { ...describe(params.path, file), ...(checksum === undefined ? {} : { checksum }) } };
  },
});

function fileQuery({ path, follow }: Params): FileQuery {
  return follow ? { kind: 'file', path, follow } : { kind: 'file', path };
}

// Who owns it can put a pipe in its place at any moment, whose writer nobody waits for.
const SUM = `[ -f "$2" ] || exit 1
sum=$({ { dd if="$2" iflag=nonblock,fullblock bs=1M status=none || echo '!' >&3; } | "$1"; } 3>&1)
case $sum in *!*) exit 1 ;; esac
echo "$sum"`;

function checksumQuery({ path, checksum_algorithm }: Params): ScriptQuery {
  return {
    kind: 'script',
    code: SUM,
    args: [`${checksum_algorithm}sum`, path],
    timeout: 300,
    at: [{ path, how: 'follow' }],
  };
}

function readChecksum(params: Params, answers: Answers): string | undefined {
  const { rc, stdout } = answers.get<'script'>(checksumQuery(params));
  return rc === 0 ? /^([0-9a-f]+)/.exec(stdout)?.[1] : undefined;
}

/** Under the names of Ansible's stat. */
function describe(path: string, file: Extract<FileAnswer, { exists: true }>): Record<string, unknown> {
  const bit = (mask: number): boolean => (file.mode & mask) !== 0;
  return {
    exists: true,
    path,
    mode: formatMode(file.mode),
    isreg: file.type === 'file',
    isdir: file.type === 'directory',
    islnk: file.type === 'link',
    size: file.size,
    mtime: file.mtime,
    inode: file.inode,
    uid: file.uid,
    gid: file.gid,
    pw_name: file.owner,
    gr_name: file.group,
    ...(file.target === undefined ? {} : { lnk_target: file.target }),
    executable: bit(0o111),
    ...{ rusr: bit(0o400), wusr: bit(0o200), xusr: bit(0o100) },
    ...{ rgrp: bit(0o040), wgrp: bit(0o020), xgrp: bit(0o010) },
    ...{ roth: bit(0o004), woth: bit(0o002), xoth: bit(0o001) },
    isuid: bit(0o4000),
    isgid: bit(0o2000),
  };
}
