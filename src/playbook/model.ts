import type { Position } from '../errors.js';
import type { JsonSchema } from '../schema.js';
import type { Loaded, Sourced } from '../template/template.js';
import type { Expression } from '../template/expression.js';

/** Variables of one level, each with the place where it was set: the shape of a layer of src/variables. */
export type Variables = ReadonlyMap<string, Sourced>;

/** A playbook after loading: everything read, schema-checked and with its source position. Nothing rendered yet. */
export interface Playbook {
  /** absolute */
  readonly path: string;
  /** the path as messages show it: relative to the working directory where it lies below it */
  readonly name: string;
  readonly plays: readonly Play[];
  /** whether something in its files names a fact */
  readonly namesFacts: boolean;
}

export interface Play {
  readonly name: string;
  readonly position: Position;
  /** absolute path of the folder of the playbook that holds the play (an imported one has its own): `playbook_dir` */
  readonly dir: string;
  /** a host pattern, perhaps a template */
  readonly hosts: Loaded;
  /** `vars`, then `vars_files` */
  readonly vars: Variables;
  /** pre_tasks, roles, tasks and post_tasks in order, with flush_handlers between the sections as Ansible does */
  readonly tasks: readonly TaskNode[];
  readonly handlers: readonly Task[];
  /** the roles in the order in which they run, dependencies first */
  readonly roles: readonly Role[];
  /** verify.yml of each role, then the play's own `verify` */
  readonly checks: readonly CheckTask[];
  readonly become: Loaded | undefined;
  readonly becomeUser: Loaded | undefined;
  /** properties of the systemd unit in which the work is done */
  readonly becomeSandbox: Loaded | undefined;
  readonly serial: readonly (number | string)[];
  /** the plays before it that have to end before it starts; undefined: all of them */
  readonly needs: readonly Needed[] | undefined;
  readonly anyErrorsFatal: boolean;
  readonly maxFailPercentage: Loaded | undefined;
  readonly tags: readonly string[];
}

/** A play as another one names it. */
export interface Needed {
  readonly name: string;
  readonly position: Position;
}

/** A role as used by a play (the same role with other parameters is another one). */
export interface Role {
  readonly name: string;
  /** absolute */
  readonly path: string;
  readonly defaults: Variables;
  /** vars/main.yml */
  readonly vars: Variables;
  /** what the play gave with `roles: - role: x, vars: {…}` */
  readonly params: Variables;
  /** schema.json, if the role has one */
  readonly schema: JsonSchema | undefined;
  readonly position: Position;
}

export type TaskNode = Task | Block;

/** block/rescue/always. A block that has neither rescue nor always is dissolved into its tasks when loaded. */
export interface Block {
  readonly kind: 'block';
  readonly position: Position;
  readonly name: string | undefined;
  readonly block: readonly TaskNode[];
  readonly rescue: readonly TaskNode[];
  readonly always: readonly TaskNode[];
}

/** `when`, `tags`, `become`, `vars` and so on of enclosing blocks, roles and the play are already merged in. */
export interface Task {
  readonly kind: 'task';
  readonly name: Loaded | undefined;
  /** a resource's name, or `meta` */
  readonly module: string;
  /** a mapping (free form and k=v strings are already taken apart), a Template that gives one, or `meta`'s action */
  readonly args: Loaded;
  readonly position: Position;
  /** where an argument was written (a path in `args`, empty for all of them) */
  readonly argumentAt: (path: readonly (string | number)[]) => Position;
  readonly role: Role | undefined;
  /** outermost first; all must hold */
  readonly when: readonly Expression[];
  readonly loop: Loaded | undefined;
  /** from `with_items`: lists in it are taken apart, one level */
  readonly loopFlat: boolean;
  readonly loopVar: string;
  /** how an item is shown (loop_control.label) */
  readonly loopLabel: Loaded | undefined;
  readonly register: string | undefined;
  readonly notify: readonly Loaded[];
  /** handlers only */
  readonly listen: readonly string[];
  /** handlers only: when it fails, the files that its notifiers wrote are put back, and the handlers of its topics run again */
  readonly rollback: boolean;
  readonly tags: readonly string[];
  readonly become: Loaded | undefined;
  readonly becomeUser: Loaded | undefined;
  /** properties of the systemd unit in which the work is done */
  readonly becomeSandbox: Loaded | undefined;
  readonly changedWhen: readonly Expression[] | undefined;
  readonly failedWhen: readonly Expression[] | undefined;
  readonly until: readonly Expression[] | undefined;
  readonly retries: Loaded | undefined;
  /** seconds */
  readonly delay: Loaded | undefined;
  /** outermost first: inner ones win */
  readonly vars: readonly Variables[];
  readonly delegateTo: Loaded | undefined;
  readonly runOnce: boolean;
  readonly ignoreErrors: Loaded | undefined;
  readonly noLog: Loaded | undefined;
  /** `check_mode: false`: runs in a dry run too */
  readonly checkMode: boolean | undefined;
  readonly environment: Loaded | undefined;
  /** seconds */
  readonly timeout: Loaded | undefined;
  /** put in by the loader (a flush between sections): tags do not apply to it and no list shows it */
  readonly implicit?: true;
}

/** One entry of verify.yml: a check of src/checks instead of a module, retried until its deadline. */
export interface CheckTask {
  readonly name: Loaded | undefined;
  readonly check: string;
  readonly args: Loaded;
  readonly position: Position;
  /** where an argument was written (a path in `args`, empty for all of them) */
  readonly argumentAt: (path: readonly (string | number)[]) => Position;
  readonly role: Role | undefined;
  readonly when: readonly Expression[];
  readonly loop: Loaded | undefined;
  /** from `with_items`: lists in it are taken apart, one level */
  readonly loopFlat: boolean;
  readonly loopVar: string;
  readonly loopLabel: Loaded | undefined;
  readonly runOnce: boolean;
  /** the hosts whose answers the verdict needs; left out: the host itself */
  readonly on: Loaded | undefined;
  readonly vars: readonly Variables[];
  readonly become: Loaded | undefined;
  readonly becomeUser: Loaded | undefined;
  /** properties of the systemd unit in which the work is done */
  readonly becomeSandbox: Loaded | undefined;
  readonly noLog: Loaded | undefined;
  /** seconds until a check that does not hold has failed */
  readonly timeout: Loaded | undefined;
}

/** What the loader must know of the modules and checks, without knowing the rooms above it. */
export interface ModuleCatalogue {
  /** schema and free form key by module name */
  readonly modules: ReadonlyMap<string, ModuleShape>;
  readonly checks: ReadonlyMap<string, ModuleShape>;
}
export interface ModuleShape {
  readonly schema: JsonSchema;
  /** the key that a bare string stands for */
  readonly freeForm?: string;
  /** parameters whose strings are bare expressions */
  readonly expressions?: readonly string[];
}
