import type { Answers, FileAnswer, FileQuery } from '../../agent/query.js';
import { TaskError } from '../../errors.js';
import type { Attributes } from '../filesystem/attributes.js';
import { requireOwnLink } from '../filesystem/paths.js';
import type { Resource } from '../resource.js';

export type FileState = 'file' | 'directory' | 'link' | 'absent' | 'touch';

/** The parameters of `file`. */
export interface FileParams extends Attributes {
  readonly path?: string;
  readonly dest?: string;
  readonly name?: string;
  readonly state?: FileState;
  readonly src?: string;
  readonly force: boolean;
  readonly follow: boolean;
  readonly recurse: boolean;
  readonly access_time?: 'now' | 'preserve';
  readonly modification_time?: 'now' | 'preserve';
}

/** What `file` does for one value of `state`. */
export type StateOfFile = Pick<Resource<FileParams>, 'queries' | 'plan' | 'apply'>;

export function pathOf(params: FileParams): string {
  const path = (params.path ?? params.dest ?? params.name)!;
  return path.replace(/(?<=.)\/+$/, '');
}

export function stateOf(params: FileParams): FileState {
  return params.state ?? (params.src !== undefined ? 'link' : params.recurse ? 'directory' : 'file');
}

/** The path itself and, with `follow`, what it points to. */
export function subjectQueries(params: FileParams): FileQuery[] {
  const itself: FileQuery = { kind: 'file', path: pathOf(params) };
  return params.follow ? [itself, { ...itself, follow: true }] : [itself];
}

/** What the attributes are for. @throws TaskError for a link that points to nothing */
export function subjectOf(params: FileParams, answers: Answers): FileAnswer {
  const found = subjectQueries(params).map((query) => answers.get<'file'>(query));
  if (params.follow) requireOwnLink(pathOf(params), found[0]!);
  const [itself, beyond] = [found[0]!, found.at(-1)!];
  const leadsNowhere = !beyond.exists || (params.follow && beyond.type === 'link');
  if (itself.exists && leadsNowhere) throw new TaskError(`${pathOf(params)} is a link to nothing`);
  return beyond;
}
