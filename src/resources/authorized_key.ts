import type { Step } from '../agent/step.js';
import { cut } from '../cut.js';
import { MissingPrerequisiteError, TaskError } from '../errors.js';
import { editKeys, type KeysEdit } from './account/edit-keys.js';
import { keyFileQuery, readKeyFile, type EntryState, type KeyFile } from './account/key-file.js';
import { accountNameSchema } from './account/name.js';
import { parseKey, type AuthorizedKey } from './account/parse-key.js';
import { hostPathSchema } from './filesystem/paths.js';
import { resource, type Change, type Resource } from './resource.js';

interface Params {
  readonly user: string;
  readonly key: string | readonly string[];
  readonly state: 'present' | 'absent';
  readonly exclusive: boolean;
  readonly path?: string;
  readonly manage_dir?: boolean;
  readonly key_options?: string;
}

export const authorizedKey: Resource = resource<Params>({
  name: 'authorized_key',
  summary: 'SSH keys that may log in as a user.',
  schema: {
    type: 'object',
    additionalProperties: false,
    required: ['user', 'key'],
    properties: {
      user: { ...accountNameSchema, description: 'whose login it is' },
      key: {
        anyOf: [
          { type: 'string', minLength: 1 },
          { type: 'array', items: { type: 'string', minLength: 1 } },
        ],
        description: 'public keys, one a line',
      },
      state: { enum: ['present', 'absent'], default: 'present', description: 'whether they are there' },
      exclusive: { type: 'boolean', default: false, description: 'no other keys may log in' },
      path: { ...hostPathSchema, description: 'the file; left out: .ssh/authorized_keys in the user’s home' },
      manage_dir: {
        type: 'boolean',
        description: 'make the file’s folder, for the user alone; default: true, but false with `path`',
      },
      key_options: {
        type: 'string',
        pattern: '^[^\\n]+$',
        description: 'what the keys may do, as in authorized_keys: `no-pty,command="…"`',
      },
    },
  },

  queries: (params) => [keyFileQuery(params.user, params.path)],

  plan(params, answers) {
    const edit = editOf(params);
    const file = readKeyFile(params.user, params.path, answers);
    requirePlace(file, params);
    if (params.state === 'absent' && file.fileState.type === 'absent') return [];
    const folder = managesFolder(params) ? folderChanges(file) : [];
    const after = editKeys(file.text, edit);
    const content: Change[] =
      after === file.text && file.fileState.type === 'file'
        ? []
        : [
            {
              subject: file.path,
              field: 'content',
              before: file.fileState.type === 'file' ? file.text : null,
              after,
            },
          ];
    return [
      ...folder,
      ...content,
      ...attributeChanges(file.path, file.fileState, { mode: '0600', owner: file.owner }),
    ];
  },

  apply(params, changes, answers) {
    const file = readKeyFile(params.user, params.path, answers);
    const { owner, group } = file;
    const of = (subject: string): boolean => changes.some((change) => change.subject === subject);
    const steps: Step[] = [];
    if (of(file.folder)) {
      steps.push(
        file.folderState.type === 'absent'
          ? { kind: 'folders', paths: [file.folder], mode: 0o700, owner, group }
          : {
              kind: 'attributes',
              path: file.folder,
              owner: `${owner}:${group}`,
              mode: '00700',
              follow: false,
            },
      );
    }
    if (of(file.path)) {
      const content = Buffer.from(editKeys(file.text, editOf(params)));
      steps.push({ kind: 'write', path: file.path, content, mode: 0o600, owner, group });
    }
    return steps;
  },
});

/** @throws TaskError for a line that is no public key */
function editOf({ key, key_options, state, exclusive }: Params): KeysEdit {
  const lines = [key]
    .flat()
    .flatMap((one) => one.split('\n'))
    .map((line) => line.trim());
  const keys = lines
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line): AuthorizedKey => {
      const parsed = parseKey(line);
      if (!parsed)
        throw new TaskError(`not a public key: ${cut(line, 53)}`, {
          hint: 'a line of id_ed25519.pub',
        });
      return key_options === undefined ? parsed : { ...parsed, options: key_options };
    });
  if (keys.length === 0) throw new TaskError('`key` holds no key');
  return { keys, want: state === 'absent' ? 'absent' : exclusive ? 'only' : 'present' };
}

/**
 * A link in a user's own folder may lead anywhere, and what is done there is done as root: so it is refused.
 * @throws TaskError, MissingPrerequisiteError when the folder is missing and not to be made
 */
function requirePlace({ path, folder, folderState, fileState }: KeyFile, params: Params): void {
  if (folderState.type === 'link' && managesFolder(params)) {
    throw new TaskError(`${folder} is a link, which the user could point anywhere`, {
      hint: 'manage_dir: false leaves the folder alone',
    });
  }
  if (folderState.type === 'file' || folderState.type === 'other')
    throw new TaskError(`${folder} is no folder`);
  if (folderState.type === 'absent' && !managesFolder(params) && params.state === 'present') {
    throw new MissingPrerequisiteError(`the folder ${folder} does not exist`, {
      hint: 'manage_dir: true makes it',
    });
  }
  if (fileState.type === 'link')
    throw new TaskError(`${path} is a link, which the user could point anywhere`, { hint: 'give `path`' });
  if (fileState.type === 'directory' || fileState.type === 'other')
    throw new TaskError(`${path} is no regular file`);
}

function managesFolder({ manage_dir, path }: Params): boolean {
  return manage_dir ?? path === undefined;
}

function folderChanges({ folder, folderState, owner }: KeyFile): Change[] {
  if (folderState.type === 'absent')
    return [{ subject: folder, field: 'state', before: null, after: 'directory' }];
  return attributeChanges(folder, folderState, { mode: '0700', owner });
}

function attributeChanges(
  subject: string,
  current: EntryState,
  wanted: { mode: string; owner: string },
): Change[] {
  if (current.type === 'absent') return [];
  const changes: Change[] = [];
  if (current.owner !== wanted.owner)
    changes.push({ subject, field: 'owner', before: current.owner, after: wanted.owner });
  if (current.mode !== wanted.mode)
    changes.push({ subject, field: 'mode', before: current.mode, after: wanted.mode });
  return changes;
}
