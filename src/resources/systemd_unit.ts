import type { Answers, FileQuery, UnitAnswer, UnitQuery } from '../agent/query.js';
import { UNITS_LOADED } from '../agent/queries/unit.js';
import type { Step } from '../agent/step.js';
import { TaskError } from '../errors.js';
import { folderChainQueries, folderChanges, folderSteps, missingFolders } from './filesystem/folders.js';
import {
  wholeFileChanges,
  wholeFileQueries,
  wholeFileSteps,
  type WholeFile,
} from './filesystem/whole-file.js';
import { resource, type Change, type Resource } from './resource.js';
import { daemonReload, unitChanges, unitSteps } from './systemd/unit-changes.js';
import { unitName, unitNameSchema } from './systemd/unit-name.js';

interface Params {
  readonly name: string;
  readonly content?: string;
  readonly dropin?: string;
  readonly state: 'present' | 'absent';
  readonly enabled?: boolean;
  readonly masked?: boolean;
}

const FOLDER = '/etc/systemd/system';
/** Its time is when systemd began to read the units that it has. */
const LOADED: FileQuery = { kind: 'file', path: UNITS_LOADED };

export const systemdUnit: Resource = resource<Params>({
  name: 'systemd_unit',
  summary: 'A systemd unit file or drop-in, read by systemd as soon as it differs.',
  schema: {
    type: 'object',
    additionalProperties: false,
    required: ['name'],
    properties: {
      name: { ...unitNameSchema, description: 'the unit; without a suffix it is a service' },
      content: { type: 'string', minLength: 1, description: 'the file’s text' },
      dropin: {
        type: 'string',
        pattern: '^[A-Za-z0-9_][A-Za-z0-9_.-]*$',
        description: `write ${FOLDER}/NAME.d/DROPIN.conf, which adds to the unit, instead of the unit itself`,
      },
      state: {
        enum: ['present', 'absent'],
        default: 'present',
        description: '`absent`: the unit is stopped and disabled, its file removed',
      },
      enabled: { type: 'boolean', description: 'whether the unit is started at boot' },
      masked: { type: 'boolean', description: 'whether the unit is kept from being started at all' },
    },
  },

  queries(params) {
    const unit: UnitQuery = { kind: 'unit', name: unitName(params.name) };
    if (params.state === 'absent') return [pathQuery(params), unit, LOADED];
    return [
      unit,
      pathQuery(params),
      LOADED,
      ...fileOf(params).flatMap(wholeFileQueries),
      ...folderChainQueries(folder(params)),
    ];
  },

  plan(params, answers) {
    const name = unitName(params.name);
    const unit = answers.get<'unit'>({ kind: 'unit', name });
    const stale: Change[] = isStale(params, unit, answers)
      ? [{ subject: name, field: 'unit file', before: 'newer than loaded', after: 'read again' }]
      : [];
    if (params.state === 'absent') return [...removal(params, answers), ...stale];
    const written = fileChanges(params, answers);
    const { enabled, masked } = params;
    if (params.content === undefined && enabled === undefined && masked === undefined) {
      throw new TaskError('`content` is needed', {
        hint: 'or `enabled` or `masked`, for a unit that is there',
      });
    }
    // A unit whose file is written by this task need not be there before, and has whatever enablement it has when not.
    const known =
      written.length > 0 && unit.load === 'not-found'
        ? { ...unit, load: 'loaded', enabled: 'disabled' }
        : unit;
    const wanted = {
      name,
      ...(enabled === undefined ? {} : { enabled }),
      ...(masked === undefined ? {} : { masked }),
    };
    const managed = enabled !== undefined || masked !== undefined ? unitChanges(wanted, known) : [];
    return [...written, ...stale, ...managed];
  },

  apply(params, changes, answers) {
    const name = unitName(params.name);
    if (params.state === 'absent') return removalSteps(params, changes, answers);
    const folders = missingFolders(folder(params), answers);
    const written = fileOf(params).flatMap((file) => wholeFileSteps(file, changes, answers));
    const reread = written.length > 0 || changes.some((change) => change.field === 'unit file');
    return [
      ...(written.length > 0 ? folderSteps(folders, { mode: 0o755 }) : []),
      ...written,
      ...(reread ? [daemonReload] : []),
      ...unitSteps(name, changes),
    ];
  },
});

/** Whether systemd has what is in the file: an older time of a file that was put there since is nothing to go by. */
function isStale(params: Params, unit: UnitAnswer, answers: Answers): boolean {
  const [file, loaded] = [pathQuery(params), LOADED].map((query) => answers.get<'file'>(query));
  const changed = file?.exists === true && loaded?.exists === true && file.ctime > loaded.mtime;
  return unit.needReload || changed;
}

function folder({ name, dropin }: Params): string {
  return dropin === undefined ? FOLDER : `${FOLDER}/${unitName(name)}.d`;
}

function pathOf(params: Params): string {
  return params.dropin === undefined
    ? `${FOLDER}/${unitName(params.name)}`
    : `${folder(params)}/${params.dropin.replace(/\.conf$/, '')}.conf`;
}

function pathQuery(params: Params): FileQuery {
  return { kind: 'file', path: pathOf(params) };
}

function fileOf(params: Params): WholeFile[] {
  if (params.content === undefined) return [];
  const content = params.content.endsWith('\n') ? params.content : `${params.content}\n`;
  return [
    {
      path: pathOf(params),
      content: Buffer.from(content),
      mode: '0644',
      owner: 'root',
      group: 'root',
      folder: 'made',
    },
  ];
}

function fileChanges(params: Params, answers: Answers): Change[] {
  return fileOf(params).flatMap((file) => [
    ...folderChanges(missingFolders(folder(params), answers)),
    ...wholeFileChanges(file, answers),
  ]);
}

function removal(params: Params, answers: Answers): Change[] {
  const file = answers.get<'file'>(pathQuery(params));
  return file.exists ? [{ subject: pathOf(params), field: 'state', before: file.type, after: null }] : [];
}

/** A unit goes down before its file does: afterwards systemd would not know how. */
function removalSteps(params: Params, changes: readonly Change[], answers: Answers): Step[] {
  const name = unitName(params.name);
  const unit = answers.get<'unit'>({ kind: 'unit', name });
  if (!changes.some((change) => change.subject === pathOf(params))) return [daemonReload];
  const down = params.dropin === undefined && unit.load === 'loaded';
  return [
    ...(down ? ([{ kind: 'run', argv: ['systemctl', 'disable', '--now', '--', name] }] as const) : []),
    { kind: 'remove', path: pathOf(params), what: 'file' },
    daemonReload,
  ];
}
