import { TaskError } from '../../errors.js';
import type { Query, Refused } from '../query.js';
import type { PartOutput } from '../part.js';
import type { Place } from '../step.js';
import { quoteAll } from '../quote.js';
import { chunked, pathWord, textOf } from './kind.js';

/** Where a query looks: at what has that name itself, or at what a link there leads to. */
export interface Touched extends Place {
  readonly how: 'entry' | 'follow';
}

/** A user whose folder comes first on the way to a path: what is done there is done with this user's rights. */
export interface Decider {
  readonly uid: number;
  /** the name, or the number of a user that has none */
  readonly user: string;
  /** the groups this user may give a file to: names and numbers */
  readonly groups: readonly string[];
  /** the folder, or link, that is the user's */
  readonly folder: string;
}

/**
 * Whose a path is where it is not root's alone. `none`: it cannot be told, and why. `shared`: root's, in a folder in which others may
 * exchange names.
 */
export type Owner = { readonly by: Decider } | { readonly none: string } | { readonly shared: string };

/** What the survey of a request has found: looked up by what a query touches. */
export type Owners = (touched: Touched) => Owner | undefined;

/** sh that finds out, with one find(1), which of the paths that follow are not root's alone; prints those. */
export function ownersCode(touched: readonly Touched[]): string {
  const ways = new Set<string>();
  for (const { path, how } of touched) addWay(ways, path, how);
  const list = (how: Touched['how']): string[][] =>
    chunked([...new Set(touched.filter((one) => one.how === how).map(({ path }) => pathWord(path)))]);
  return [
    "odd=''",
    ...chunked([...ways]).map((chunk) => `survey ${quoteAll(chunk)}`),
    '[ -z "$odd" ] || {',
    ...(['entry', 'follow'] as const).flatMap((how) =>
      list(how).map((chunk) => `owners ${how} ${quoteAll(chunk)}`),
    ),
    ':; }',
  ].join('\n');
}

export function readOwners(output: PartOutput | undefined): Owners {
  const found = new Map<string, Owner>();
  const fields = textOf(output).split('\0');
  for (let at = 0; at + 5 < fields.length; at += 5) {
    const [how = '', path = '', by = '', why = '', person = ''] = fields.slice(at, at + 5);
    found.set(keyOf(how, path), ownerOf(by, why, person));
  }
  return ({ how, path }) => found.get(keyOf(how, pathWord(path)));
}

/** What a host answers of itself, for the kinds whose answers rest on it. */
export function touchedBy(query: Query): Touched | undefined {
  if (query.kind === 'file') return { path: query.path, how: query.follow === true ? 'follow' : 'entry' };
  return query.kind === 'content' || query.kind === 'sum' ? { path: query.path, how: 'follow' } : undefined;
}

/** The answer about what nobody may look at. */
export function refusal({ path }: Touched, owner: Exclude<Owner, { by: unknown }>, what = ''): Refused {
  const why = 'none' in owner ? owner.none : `others than root may write to ${owner.shared}`;
  return {
    refused: new TaskError(`${path} is left alone: ${what}${why}`, {
      hint: 'what others may exchange at any moment is not looked at as root: take their right to write there away (chmod go-w), or make the folder sticky (chmod +t)',
    }),
  };
}

function ownerOf(by: string, why: string, person: string): Owner {
  if (by === 'shared') return { shared: why };
  if (!/^\d+$/.test(by)) return { none: why };
  // uid=1000(eve) gid=1000(eve) groups=1000(eve),27(sudo)
  const name = /^uid=\d+\(([^)]*)\)/.exec(person)?.[1];
  const groups = /groups=(\S*)/.exec(person)?.[1] ?? '';
  return {
    by: {
      uid: Number(by),
      user: name ?? by,
      groups: groups.split(',').flatMap((group) => group.replace(/\)$/, '').split('(')),
      folder: why,
    },
  };
}

function keyOf(how: string, path: string): string {
  return `${how} ${path}`;
}

/** Every folder on the way, and what is at its end where that is followed. Links are the host's to follow. */
function addWay(ways: Set<string>, path: string, how: Touched['how']): void {
  let way: string[] = [];
  const parts = path.split('/').filter((part) => part !== '' && part !== '.');
  for (const [index, part] of parts.entries()) {
    way = part === '..' ? way.slice(0, -1) : [...way, part];
    if (index < parts.length - 1 || how === 'follow') ways.add(`/${way.join('/')}`);
  }
}
