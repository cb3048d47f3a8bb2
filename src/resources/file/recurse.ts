import type { Answers, ScriptQuery } from '../../agent/query.js';
import type { RecurseStep } from '../../agent/step.js';
import { TaskError } from '../../errors.js';
import { ownerArgument } from '../filesystem/attributes.js';
import { chmodArgument, formatMode, modeMask, type Mode } from '../filesystem/mode.js';
import type { Change } from '../resource.js';
import { pathOf, type FileParams } from './params.js';

const SHOWN = 10;

/** Which entries below the folder differ: asked of find, so that a large tree in sync answers with nothing. */
export function recurseQuery(params: FileParams): ScriptQuery {
  const tests = [
    ownerTest('-user', params.owner),
    ownerTest('-group', params.group),
    modeTest(params.mode),
  ].filter((test) => test.length > 0);
  const differs = tests.flatMap((test, index) => (index === 0 ? test : ['-o', ...test]));
  return {
    kind: 'script',
    code: `find "$@" -print | head -n ${SHOWN + 1}`,
    at: { path: pathOf(params), how: 'inside' },
    // The slash: a folder behind a link is entered.
    args: [`${pathOf(params)}/`, '-mindepth', '1', '(', ...(differs.length > 0 ? differs : ['-false']), ')'],
  };
}

export function recurseChanges(params: FileParams, answers: Answers): Change[] {
  const { rc, stdout, stderr } = answers.get<'script'>(recurseQuery(params));
  if (rc !== 0)
    throw new TaskError(`cannot look below ${pathOf(params)}`, {
      detail: stderr.split('\n').filter(Boolean),
    });
  const entries = stdout.split('\n').filter(Boolean);
  if (entries.length === 0) return [];
  const listed = `${entries.slice(0, SHOWN).join(', ')}${entries.length > SHOWN ? ', …' : ''}`;
  return [
    {
      subject: pathOf(params),
      field: 'attributes below',
      before: `other: ${listed}`,
      after: wantedText(params),
    },
  ];
}

export function recurseSteps(params: FileParams, changes: readonly Change[]): RecurseStep[] {
  if (!changes.some((change) => change.field === 'attributes below')) return [];
  const { owner, group, mode } = params;
  return [
    {
      kind: 'recurse',
      path: pathOf(params),
      ...(owner === undefined && group === undefined ? {} : { owner: ownerArgument(owner, group) }),
      ...(mode === undefined ? {} : { mode: chmodArgument(mode) }),
    },
  ];
}

function ownerTest(test: '-user' | '-group', wanted: string | number | undefined): string[] {
  return wanted === undefined ? [] : ['!', test, String(wanted)];
}

/** Links have no permissions; directories, executables and other files may want different ones (X). */
function modeTest(mode: Mode | undefined): string[] {
  if (mode === undefined) return [];
  const differs = (type: 'directory' | 'executable' | 'plain'): string[] => {
    const { set, clear } = modeMask(mode, type);
    return [
      '(',
      '!',
      '-perm',
      `-${formatMode(set)}`,
      ...(clear === 0 ? [] : ['-o', '-perm', `/${formatMode(clear)}`]),
      ')',
    ];
  };
  return [
    '(',
    ...['-type', 'd', ...differs('directory')],
    ...['-o', '-type', 'f', '-perm', '/0111', ...differs('executable')],
    ...['-o', '-type', 'f', '!', '-perm', '/0111', ...differs('plain')],
    ')',
  ];
}

function wantedText({ owner, group, mode }: FileParams): string {
  const who = owner === undefined && group === undefined ? [] : [ownerArgument(owner, group)];
  return [...who, ...(mode === undefined ? [] : [typeof mode === 'number' ? formatMode(mode) : mode])].join(
    ' ',
  );
}
