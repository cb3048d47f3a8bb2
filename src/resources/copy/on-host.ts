import type { Answers, ScriptQuery, FileQuery } from '../../agent/query.js';
import type { CopyStep } from '../../agent/step.js';
import { MissingPrerequisiteError, TaskError } from '../../errors.js';
import {
  attributeChanges,
  attributeQueries,
  attributeSteps,
  requireReplaceable,
  stepAttributes,
  type Attributes,
  type ExistingFile,
} from '../filesystem/attributes.js';
import { folderQuery, requireFolder, requireSeen } from '../filesystem/paths.js';
import {
  isFolderName,
  placedPath,
  placementChanges,
  placementQueries,
  placementSteps,
} from '../filesystem/placement.js';
import { refuseBackup } from '../filesystem/whole-file.js';
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
      file !== undefined && (!params.force || answers.get<'script'>(compareQuery(params, path)).rc === 0);
    if (!same) requireReplaceable({ ...fileAttributes(params, source.mode), path }, answers);
    if (params.backup && file?.shared !== undefined) refuseBackup(path, file.shared);
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
      ...attributeChanges(
        { ...fileAttributes(params, source.mode), path, type: 'file', replaceable: true },
        file,
        answers,
      ),
    ];
  },

  apply(params, changes, answers) {
    const path = placedPath(placementOf(params), answers);
    const current = answers.get<'file'>({ kind: 'file', path });
    const copied =
      (current.exists && current.shared !== undefined) ||
      changes.some((change) => change.subject === path && change.field === 'copy of');
    const folders = placementSteps(placementOf(params), answers, folderAttributes(params));
    return [...folders, ...(copied ? [copyStep(params, path, answers)] : attributeSteps(path, changes))];
  },
};

function sourceQuery({ src }: CopyParams): FileQuery {
  return { kind: 'file', path: src!, follow: true };
}

function compareQuery({ src }: CopyParams, path: string): ScriptQuery {
  return { kind: 'script', code: COMPARE, args: [src!, path] };
}

// Each of the two is read with the rights that its own path asks for.
const COMPARE = `sum=$(by_owner "$1" follow '[ -n "$shared" ] || sum_file sha256sum "$1"' "$1" 2>/dev/null)
other=$(by_owner "$2" entry 'if [ -n "$shared" ]; then sum_unfollowed "$1"; elif [ ! -L "$1" ]; then sum_file sha256sum "$1"; fi' "$2" 2>/dev/null)
[ -n "$sum" ] && [ "\${sum%% *}" = "\${other%% *}" ]`;

function requireSource(params: CopyParams, answers: Answers): ExistingFile {
  const source = answers.get<'file'>(sourceQuery(params));
  requireSeen(params.src!, source);
  if (!source.exists) throw new MissingPrerequisiteError(`${params.src} does not exist on the host`);
  if (source.type !== 'file') {
    throw new TaskError(`${params.src} is no regular file`, {
      hint: 'remote_src copies one file; use `command: cp -a` for a folder',
    });
  }
  if (source.shared !== undefined) {
    throw new TaskError(`${params.src} is not copied: others than root may write to ${source.shared}`, {
      detail: ['they could put a link to any file of root’s in its place at any moment'],
      hint: `take their right to write there away (chmod go-w ${source.shared}), or copy it from elsewhere`,
    });
  }
  return source;
}

function copyStep(params: CopyParams, path: string, answers: Answers): CopyStep {
  const found = answers.get<'file'>({ kind: 'file', path });
  const current = found.exists && found.type === 'file' ? found : undefined;
  const wanted: Attributes = fileAttributes(params, requireSource(params, answers).mode);
  return {
    kind: 'copy',
    from: params.src!,
    path,
    ...stepAttributes(wanted, 'file', current),
    ...(params.validate === undefined ? {} : { validate: validateWords(params.validate) }),
    ...(params.backup ? { backup: true } : {}),
  };
}
