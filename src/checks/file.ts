import type { Answers, ContentQuery, FileQuery } from '../agent/query.js';
import { type Mode, formatMode, modeSchema, resolveMode } from '../resources/filesystem/mode.js';
import { requireSeen } from '../resources/filesystem/paths.js';
import { check } from './check.js';
import { everyHost, verdictOf } from './every-host.js';
import { patternSchema, toPattern } from './pattern.js';

export interface FileParams {
  readonly path: string;
  readonly state?: 'present' | 'file' | 'directory' | 'link' | 'absent';
  readonly mode?: Mode;
  readonly owner?: string;
  readonly group?: string;
  readonly target?: string;
  readonly contains?: string;
  readonly regex?: string;
}

export const file = check<FileParams>({
  name: 'file',
  summary: 'A path is there, of a kind, with owner, mode and content.',
  freeForm: 'path',
  schema: {
    type: 'object',
    additionalProperties: false,
    required: ['path'],
    properties: {
      path: { type: 'string', pattern: '^/', description: 'The path.' },
      state: {
        type: 'string',
        enum: ['present', 'file', 'directory', 'link', 'absent'],
        default: 'present',
        description: 'What it is. Links are followed unless it shall be one.',
      },
      mode: { ...modeSchema, description: "The permission bits, in octal: '0640'." },
      owner: { type: 'string', minLength: 1, description: 'The owner.' },
      group: { type: 'string', minLength: 1, description: 'The group.' },
      target: { type: 'string', minLength: 1, description: 'Where a link points to.' },
      contains: { type: 'string', minLength: 1, description: 'A text that is in it.' },
      regex: { ...patternSchema, description: 'An expression that matches in it.' },
    },
  },

  queries(params) {
    if (params.regex !== undefined) toPattern(params.regex);
    return [fileQuery(params), ...(readsContent(params) ? [contentQuery(params)] : [])];
  },

  verdict: (params, answers) => everyHost(answers, (known) => judge(params, known)),
});

function judge(params: FileParams, answers: Answers): { ok: boolean; message: string } {
  const { path } = params;
  const seen = answers.get<'file'>(fileQuery(params));
  const state = params.state ?? 'present';
  requireSeen(path, seen);
  if (!seen.exists) {
    return state === 'absent'
      ? { ok: true, message: `${path} is not there` }
      : {
          ok: false,
          message: `${path} is not there, expected ${state === 'present' ? 'it to be' : `a ${state}`}`,
        };
  }
  if (state === 'absent')
    return { ok: false, message: `${path} is there (a ${seen.type}), expected it not to be` };
  const wrong: string[] = [];
  const compare = (what: string, found: string | undefined, wanted: string | undefined): void => {
    if (wanted !== undefined && found !== wanted)
      wrong.push(`${what} is ${found ?? 'none'}, expected ${wanted}`);
  };
  compare(`${path}`, `a ${seen.type}`, state === 'present' ? undefined : `a ${state}`);
  compare(
    `the mode of ${path}`,
    formatMode(seen.mode),
    params.mode === undefined ? undefined : formatMode(resolveMode(params.mode, 'file')),
  );
  compare(`the owner of ${path}`, seen.owner, params.owner);
  compare(`the group of ${path}`, seen.group, params.group);
  compare(`the target of ${path}`, seen.target, params.target);
  if (readsContent(params)) wrong.push(...wrongContent(params, answers));
  return verdictOf(wrong, `${path} is a ${seen.type}, ${formatMode(seen.mode)} ${seen.owner}:${seen.group}`);
}

function wrongContent(params: FileParams, answers: Answers): string[] {
  const { path, contains, regex } = params;
  const answer = answers.get<'content'>(contentQuery(params));
  if (answer.state !== 'content') {
    return [
      `${path} ${answer.state === 'large' ? 'is over 1 MiB' : 'is no regular file'}, so it was not searched`,
    ];
  }
  const text = answer.content.toString('utf8');
  return [
    ...(contains !== undefined && !text.includes(contains)
      ? [`${path} does not contain ${JSON.stringify(contains)}`]
      : []),
    ...(regex !== undefined && !toPattern(regex).test(text) ? [`nothing in ${path} matches /${regex}/`] : []),
  ];
}

function fileQuery({ path, state }: FileParams): FileQuery {
  return state === 'link' || state === 'absent'
    ? { kind: 'file', path }
    : { kind: 'file', path, follow: true };
}

function contentQuery({ path }: FileParams): ContentQuery {
  return { kind: 'content', path };
}

function readsContent({ contains, regex }: FileParams): boolean {
  return contains !== undefined || regex !== undefined;
}
