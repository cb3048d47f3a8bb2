import type { Answers, CommandQuery, FileQuery } from '../../agent/query.js';
import type { ScriptStep } from '../../agent/step.js';
import { MissingPrerequisiteError, TaskError } from '../../errors.js';
import {
  attributeChanges,
  attributeQueries,
  attributeSteps,
  ownerArgument,
  type Attributes,
  type ExistingFile,
} from '../filesystem/attributes.js';
import { formatMode, resolveMode } from '../filesystem/mode.js';
import { folderQuery, requireFolder } from '../filesystem/paths.js';
import {
  isFolderName,
  placedPath,
  placementChanges,
  placementQueries,
  placementSteps,
} from '../filesystem/placement.js';
import { validateWords } from '../filesystem/validate-command.js';
import { fileAttributes, folderAttributes, placementOf, type CopyParams, type WayOfCopy } from './params.js';

/** Copies one file from one place on the host to another. Its content never leaves the host. */
export const onHost: WayOfCopy = {
  queries(params, known) {
    const path = placedPath(placementOf(params), known);
    return [
      sourceQuery(params),
      ...placementQueries(placementOf(params), known),
      { kind: 'file', path },
      folderQuery(path),
      compareQuery(params, path),
      ...attributeQueries(fileAttributes(params, 0)),
    ];
  },

  plan(params, answers) {
    const path = placedPath(placementOf(params), answers);
    const source = requireSource(params, answers);
    if (params.validate !== undefined) validateWords(params.validate);
    const current = answers.get<'file'>({ kind: 'file', path });
    if (current.exists && current.type === 'directory')
      throw new TaskError(`${path} is a folder, not a file`);
    if (!current.exists && !isFolderName(placementOf(params))) requireFolder(path, answers);
    const file = current.exists && current.type === 'file' ? current : undefined;
    const same =
      file !== undefined && (!params.force || answers.get<'command'>(compareQuery(params, path)).rc === 0);
    return [
      ...placementChanges(placementOf(params), answers),
      ...(same
        ? []
        : [
            {
              subject: path,
              field: 'copy of',
              before: current.exists ? `another ${current.type}` : null,
              after: params.src,
            },
          ]),
      ...attributeChanges({ ...fileAttributes(params, source.mode), path, type: 'file' }, file, answers),
    ];
  },

  apply(params, changes, answers) {
    const path = placedPath(placementOf(params), answers);
    const copied = changes.some((change) => change.subject === path && change.field === 'copy of');
    const folders = placementSteps(placementOf(params), answers, folderAttributes(params));
    return [...folders, ...(copied ? [copyStep(params, path, answers)] : attributeSteps(path, changes))];
  },
};

function sourceQuery({ src }: CopyParams): FileQuery {
  return { kind: 'file', path: src!, follow: true };
}

function compareQuery({ src }: CopyParams, path: string): CommandQuery {
  return { kind: 'command', argv: ['cmp', '-s', '--', src!, path] };
}

function requireSource(params: CopyParams, answers: Answers): ExistingFile {
  const source = answers.get<'file'>(sourceQuery(params));
  if (!source.exists) throw new MissingPrerequisiteError(`${params.src} does not exist on the host`);
  if (source.type !== 'file') {
    throw new TaskError(`${params.src} is no regular file`, {
      hint: 'remote_src copies one file; use `command: cp -a` for a folder',
    });
  }
  return source;
}

// The new file is complete, owned, checked and on the disk before it takes the place of the old one.
const COPY = `set -eu
src=$1 dest=$2 mode=$3 owner=$4 backup=$5
shift 5
new=$(mktemp "\${dest%/*}/.\${dest##*/}.XXXXXX")
trap 'rm -f -- "$new"' EXIT
cat -- "$src" >"$new"
[ -z "$owner" ] || chown -- "$owner" "$new"
chmod -- "$mode" "$new"
words=$#
while [ "$words" -gt 0 ]; do
  case $1 in *%s*) word=\${1%%%s*}$new\${1#*%s} ;; *) word=$1 ;; esac
  shift
  set -- "$@" "$word"
  words=$((words - 1))
done
[ $# -eq 0 ] || "$@"
sync -- "$new" 2>/dev/null || sync
[ "$backup" = no ] || [ ! -e "$dest" ] || cp -p -- "$dest" "$dest.$(date +%Y%m%dT%H%M%S)~"
mv -f -- "$new" "$dest"
`;

function copyStep(params: CopyParams, path: string, answers: Answers): ScriptStep {
  const found = answers.get<'file'>({ kind: 'file', path });
  const current = found.exists && found.type === 'file' ? found : undefined;
  const wanted: Attributes = fileAttributes(params, requireSource(params, answers).mode);
  const mode =
    wanted.mode === undefined ? (current?.mode ?? 0o644) : resolveMode(wanted.mode, 'file', current?.mode);
  const owner = wanted.owner ?? current?.uid;
  const group = wanted.group ?? current?.gid;
  return {
    kind: 'script',
    code: COPY,
    args: [
      params.src!,
      path,
      formatMode(mode),
      owner === undefined && group === undefined ? '' : ownerArgument(owner, group),
      params.backup ? 'yes' : 'no',
      ...(params.validate === undefined ? [] : validateWords(params.validate)),
    ],
  };
}
