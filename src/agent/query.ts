import { TaskError } from '../errors.js';
import type { Content } from './content.js';
import type { Decider } from './queries/owners.js';
import type { Places } from './step.js';

/**
 * What can be asked of a host. Queries are data: they are compiled to sh in queries.ts, all queries of one kind in a
 * request are answered by one process, and two equal queries are asked once.
 */
export type Query =
  | FileQuery
  | ContentQuery
  | SumQuery
  | PackageQuery
  | CandidateQuery
  | UnitQuery
  | UserQuery
  | GroupQuery
  | SysctlQuery
  | ListenQuery
  | FactsQuery
  | MarkersQuery
  | SqlQuery
  | CommandQuery
  | ScriptQuery
  | LoginQuery
  | LocalFileQuery
  | LocalTreeQuery
  | RenderQuery;

/** lstat of a path; with `follow`, stat of what a link points to. */
export interface FileQuery {
  readonly kind: 'file';
  readonly path: string;
  readonly follow?: boolean;
}
/** The content of a regular file. With `unless` (a sha256 in hex) the content is sent only when it differs from that. */
export interface ContentQuery {
  readonly kind: 'content';
  readonly path: string;
  readonly unless?: string;
}
/** Whether a regular file has this size (bytes) and, where it has, its sha256: what is known of a file that is too large to be sent. */
export interface SumQuery {
  readonly kind: 'sum';
  readonly path: string;
  readonly size: number;
}
/** The installed version of a Debian package. */
export interface PackageQuery {
  readonly kind: 'package';
  readonly name: string;
}
/** The version that apt would install, where `release` is the one to prefer. */
export interface CandidateQuery {
  readonly kind: 'candidate';
  readonly name: string;
  readonly release?: string;
}
/** A systemd unit, with its suffix (`nginx.service`). */
export interface UnitQuery {
  readonly kind: 'unit';
  /** whole, with its suffix */
  readonly name: string;
  /** compare its files with what systemd has read, whatever time they pretend to be of */
  readonly loaded?: boolean;
}
export interface UserQuery {
  readonly kind: 'user';
  readonly name: string;
}
export interface GroupQuery {
  readonly kind: 'group';
  readonly name: string;
}
/** The running value of a kernel setting (`net.ipv4.ip_forward`). */
export interface SysctlQuery {
  readonly kind: 'sysctl';
  readonly name: string;
}
/** All listening TCP and UDP sockets. */
export interface ListenQuery {
  readonly kind: 'listen';
}
export interface FactsQuery {
  readonly kind: 'facts';
}
/** The handlers that an earlier run left pending on the host. */
export interface MarkersQuery {
  readonly kind: 'markers';
}
/** One read-only SQL statement over the local socket as the agent's user. Rows come back as strings, NULL as null. */
export interface SqlQuery {
  readonly kind: 'sql';
  readonly sql: string;
  readonly database?: string;
}
/** A command that only reads. `stdin` never appears in argv. `timeout` in seconds (default 30). */
export interface CommandQuery {
  readonly kind: 'command';
  readonly argv: readonly string[];
  readonly stdin?: string;
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly timeout?: number;
  /** asked with the rights that these places ask for; the answer may be a refusal */
  readonly at?: Places;
}
/** POSIX sh that only reads, with positional parameters; the escape when no other kind fits. */
export interface ScriptQuery {
  readonly kind: 'script';
  readonly code: string;
  readonly args?: readonly string[];
  readonly stdin?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly timeout?: number;
  /** asked with the rights that these places ask for; the answer may be a refusal */
  readonly at?: Places;
}
/**
 * Whether a new login to the host works, tried from the controller beside the connection of the run: what is open already
 * proves nothing. Everything in seconds.
 */
export interface LoginQuery {
  readonly kind: 'login';
  /** until it has failed */
  readonly timeout: number;
  /** for one try */
  readonly connectTimeout: number;
  /** before the first try */
  readonly delay: number;
  /** between tries */
  readonly sleep: number;
}
/** A file on the controller. Answered without asking the host. `path` is absolute (the executor resolved it). */
export interface LocalFileQuery {
  readonly kind: 'local-file';
  readonly path: string;
}
/**
 * Everything below a folder on the controller, sorted by path. Of a file: one entry whose path is ''. Links are followed, also out of the
 * folder, but for those to devices; or kept.
 */
export interface LocalTreeQuery {
  readonly kind: 'local-tree';
  readonly path: string;
  readonly links?: 'keep';
}
/** A template rendered for this host and task. Answered without asking the host. */
export interface RenderQuery {
  readonly kind: 'render';
  readonly path: string;
}

export type FileAnswer =
  | {
      readonly exists: false;
      readonly by?: Decider;
      /** there is a link, in a folder of that user's, that leads nowhere or to where that user may not look: which of the two is not known */
      readonly hidden?: true;
    }
  | {
      readonly exists: true;
      /** the user with whose rights it was looked at, and will be changed; left out: root's, or the agent's own */
      readonly by?: Decider;
      /** a folder on the way in which others than root may exchange names: this is as it was a moment ago */
      readonly shared?: string;
      readonly type: 'file' | 'directory' | 'link' | 'other';
      /** permission bits only, for example 0o644 */
      readonly mode: number;
      readonly uid: number;
      readonly gid: number;
      readonly owner: string;
      readonly group: string;
      /** bytes */
      readonly size: number;
      /** seconds since the epoch */
      readonly mtime: number;
      /** of the last change of the inode, in seconds since the epoch: no program can set it */
      readonly ctime: number;
      readonly inode: number;
      /** where a link points to */
      readonly target?: string;
    };
/** `same`: the sha256 is the one given as `unless`. `large`: over 1 MiB, only the hash was sent; null: it takes too long to get. */
export type ContentAnswer =
  | { readonly state: 'absent' }
  | { readonly state: 'same' }
  | { readonly state: 'large'; readonly sha256: string | null }
  | { readonly state: 'content'; readonly content: Buffer };
/** `sha256`: null where the file has another size. */
export type SumAnswer =
  | { readonly state: 'absent' }
  | { readonly state: 'file'; readonly size: number; readonly sha256: string | null };
export type PackageAnswer = { readonly version: string | null };
export type CandidateAnswer = { readonly version: string | null };
export interface UnitAnswer {
  /** the unit's own name: the one asked for may be an alias */
  readonly id: string;
  /** loaded, not-found, masked, error … */
  readonly load: string;
  /** active, inactive, failed, activating … */
  readonly active: string;
  readonly sub: string;
  /** enabled, disabled, static, masked, '' … */
  readonly enabled: string;
  readonly mainPid: number;
  /** the unit file on disk is newer than what systemd has loaded */
  readonly needReload: boolean;
  readonly restarts: number;
}
export type UserAnswer =
  | { readonly exists: false }
  | {
      readonly exists: true;
      readonly uid: number;
      readonly gid: number;
      readonly group: string;
      /** supplementary groups, sorted */
      readonly groups: readonly string[];
      readonly comment: string;
      readonly home: string;
      readonly shell: string;
      /** the hash of /etc/shadow, or null where the agent may not read it */
      readonly password: string | null;
    };
export type GroupAnswer =
  | { readonly exists: false }
  | { readonly exists: true; readonly gid: number; readonly members: readonly string[] };
export type SysctlAnswer = { readonly value: string | null };
export type ListenAnswer = {
  readonly sockets: readonly {
    readonly protocol: 'tcp' | 'udp';
    readonly address: string;
    readonly port: number;
    readonly process: string;
  }[];
};
/** `error` when the client is missing, the server is down or the statement is refused. */
export type SqlAnswer =
  | { readonly rows: readonly (readonly (string | null)[])[]; readonly error?: undefined }
  | { readonly error: string; readonly rows?: undefined };
/** `rc` 127: not found. Output is cut to the agent's cap. `signal` when a signal ended it. */
export interface CommandAnswer {
  readonly rc: number;
  readonly signal?: string;
  readonly stdout: string;
  readonly stderr: string;
}
/** `error`: why the last try failed. */
export type LoginAnswer = { readonly ok: true } | { readonly ok: false; readonly error: string };
export type LocalFileAnswer = { readonly content: Buffer; readonly mode: number };
export type LocalTreeAnswer = {
  readonly entries: readonly {
    /** relative to the asked path, with forward slashes */
    readonly path: string;
    readonly type: 'file' | 'directory' | 'link';
    readonly mode: number;
    readonly content?: Content;
    readonly target?: string;
    /** of a link: it does not lead to something that is in the folder as well */
    readonly outside?: true;
  }[];
};
export type RenderAnswer = { readonly content: string };

export interface AnswerOf {
  readonly file: FileAnswer;
  readonly content: ContentAnswer;
  readonly sum: SumAnswer;
  readonly package: PackageAnswer;
  readonly candidate: CandidateAnswer;
  readonly unit: UnitAnswer;
  readonly user: UserAnswer;
  readonly group: GroupAnswer;
  readonly sysctl: SysctlAnswer;
  readonly listen: ListenAnswer;
  readonly facts: FactsAnswer;
  readonly markers: MarkersAnswer;
  readonly sql: SqlAnswer;
  readonly command: CommandAnswer;
  readonly script: CommandAnswer;
  readonly login: LoginAnswer;
  readonly 'local-file': LocalFileAnswer;
  readonly 'local-tree': LocalTreeAnswer;
  readonly render: RenderAnswer;
}
export type Answer = AnswerOf[keyof AnswerOf] | Refused;

/** No answer can be given, and why: the error of whoever wants to know it, and of nobody else. */
export interface Refused {
  readonly refused: TaskError;
}

export type MarkersAnswer = { readonly markers: readonly string[] };
/** Facts under the names that `ansible_facts` uses. */
export type FactsAnswer = Readonly<Record<string, unknown>>;

/** Two queries with the same key have the same answer. */
export function queryKey(query: Query): string {
  // The plain ones are made anew each time somebody asks: to note the keys of these would cost more than to make them.
  switch (query.kind) {
    case 'file':
      return `file ${query.follow === true ? 'L' : 'P'} ${query.path}`;
    case 'unit':
      return `unit ${query.loaded === true ? 'loaded ' : ''}${query.name}`;
    case 'content':
      return `content ${query.unless ?? ''} ${query.path}`;
    case 'sum':
      return `sum ${query.size} ${query.path}`;
    case 'candidate':
      return `candidate ${query.release ?? ''} ${query.name}`;
    case 'package':
    case 'user':
    case 'group':
    case 'sysctl':
      return `${query.kind} ${query.name}`;
    default:
      return notedKey(query);
  }
}

function notedKey(query: Query): string {
  const key = keys.get(query) ?? keyOf(query);
  keys.set(query, key);
  return key;
}

const keys = new WeakMap<Query, string>();

/** JSON with the keys of objects in order. */
function keyOf(value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  if (Array.isArray(value)) return `[${value.map(keyOf).join(',')}]`;
  let text = '';
  for (const name of Object.keys(value).sort()) {
    const one = (value as Record<string, unknown>)[name];
    if (one !== undefined) text += `${text === '' ? '' : ','}${JSON.stringify(name)}:${keyOf(one)}`;
  }
  return `{${text}}`;
}

/** The answers of one request, looked up by the query itself. */
export class Answers {
  readonly #byKey: ReadonlyMap<string, Answer>;

  constructor(byKey: ReadonlyMap<string, Answer>) {
    this.#byKey = byKey;
  }

  /** For tests and cases: pairs of a query and its answer. */
  static of(pairs: Iterable<readonly [Query, Answer]>): Answers {
    return new Answers(new Map([...pairs].map(([query, answer]) => [queryKey(query), answer])));
  }

  entries(): IterableIterator<[string, Answer]> {
    return this.#byKey.entries();
  }

  has(query: Query): boolean {
    return this.#byKey.has(queryKey(query));
  }

  /** The answer to a query as it came, to be passed on: a refused one is an error only for who wants to know it. */
  passed(query: Query): Answer {
    const answer = this.#byKey.get(queryKey(query));
    if (answer === undefined) throw new Error(`no answer for ${queryKey(query)}: queries() did not ask it`);
    return answer;
  }

  /**
   * The answer to a query that was asked; asking for another one is a bug of the resource and throws.
   * @throws TaskError where the answer was refused
   */
  get<K extends Query['kind']>(query: Extract<Query, { kind: K }>): AnswerOf[K] {
    const answer = this.passed(query);
    if ('refused' in answer && answer.refused instanceof TaskError) throw answer.refused;
    return answer as AnswerOf[K];
  }
}
