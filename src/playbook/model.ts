import type { Position } from '../errors.js';
import type { Loaded } from '../template/template.js';
import type { Expression } from '../template/expression.js';

/** A playbook after loading: everything read, schema-checked and with its source position. Nothing rendered yet. */
export interface Playbook {
  readonly path: string;
  readonly plays: readonly Play[];
}

export interface Play {
  readonly name: string;
  readonly position: Position;
  /** a host pattern, perhaps a template */
  readonly hosts: Loaded;
  readonly vars: Readonly<Record<string, Loaded>>;
  /** pre_tasks, roles, tasks and post_tasks in order, with flush_handlers between the sections as Ansible does */
  readonly tasks: readonly TaskNode[];
  readonly handlers: readonly Task[];
  /** the roles in the order in which they run, dependencies first */
  readonly roles: readonly Role[];
  /** verify.yml of each role, then the play's own `verify` */
  readonly checks: readonly CheckTask[];
  readonly become: Loaded | undefined;
  readonly becomeUser: Loaded | undefined;
  readonly serial: readonly (number | string)[];
  readonly anyErrorsFatal: boolean;
  readonly maxFailPercentage: Loaded | undefined;
  readonly gatherFacts: boolean;
  readonly tags: readonly string[];
}

/** A role as used by a play (the same role with other parameters is another one). */
export interface Role {
  readonly name: string;
  readonly path: string;
  readonly defaults: Readonly<Record<string, Loaded>>;
  /** vars/main.yml */
  readonly vars: Readonly<Record<string, Loaded>>;
  /** what the play gave with `roles: - role: x, vars: {…}` */
  readonly params: Readonly<Record<string, Loaded>>;
  /** schema.json, if the role has one */
  readonly schema: Readonly<Record<string, unknown>> | undefined;
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
  readonly args: Loaded;
  readonly position: Position;
  readonly role: Role | undefined;
  /** outermost first; all must hold */
  readonly when: readonly Expression[];
  readonly loop: Loaded | undefined;
  readonly loopVar: string;
  /** how an item is shown (loop_control.label) */
  readonly loopLabel: Loaded | undefined;
  readonly register: string | undefined;
  readonly notify: readonly Loaded[];
  /** handlers only */
  readonly listen: readonly string[];
  readonly tags: readonly string[];
  readonly become: Loaded | undefined;
  readonly becomeUser: Loaded | undefined;
  readonly changedWhen: readonly Expression[] | undefined;
  readonly failedWhen: readonly Expression[] | undefined;
  readonly until: readonly Expression[] | undefined;
  readonly retries: Loaded | undefined;
  /** seconds */
  readonly delay: Loaded | undefined;
  /** outermost first: inner ones win */
  readonly vars: readonly Readonly<Record<string, Loaded>>[];
  readonly delegateTo: Loaded | undefined;
  readonly runOnce: boolean;
  readonly ignoreErrors: Loaded | undefined;
  readonly noLog: Loaded | undefined;
  /** `check_mode: false`: runs in a dry run too */
  readonly checkMode: boolean | undefined;
  readonly environment: Loaded | undefined;
  /** seconds */
  readonly timeout: Loaded | undefined;
}

/** One entry of verify.yml: a check of src/checks instead of a module, retried until its deadline. */
export interface CheckTask {
  readonly name: Loaded | undefined;
  readonly check: string;
  readonly args: Loaded;
  readonly position: Position;
  readonly role: Role | undefined;
  readonly when: readonly Expression[];
  readonly loop: Loaded | undefined;
  readonly loopVar: string;
  readonly runOnce: boolean;
  /** the hosts whose answers the verdict needs; left out: the host itself */
  readonly on: Loaded | undefined;
  readonly vars: readonly Readonly<Record<string, Loaded>>[];
  readonly become: Loaded | undefined;
  readonly becomeUser: Loaded | undefined;
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
  readonly schema: import('../schema.js').JsonSchema;
  readonly freeForm?: string;
}
