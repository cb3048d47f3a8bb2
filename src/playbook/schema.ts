import type { JsonSchema } from '../schema.js';
import { foreignBlockKeywords, foreignPlayKeywords, foreignTaskKeywords } from './foreign.js';

/** What one kind of mapping of the playbook language may hold. */
export interface Shape {
  /** for messages: `a task` */
  readonly what: string;
  /** what to write instead of something that is no mapping */
  readonly example: string;
  readonly schema: JsonSchema;
  /** keywords that take no template */
  readonly literal: readonly string[];
  /** keywords of Ansible that are not there, and what to do instead */
  readonly foreign: Readonly<Record<string, string>>;
  /** what to try when the value of a key is wrong */
  readonly hints?: Readonly<Record<string, string>>;
}

const hints = {
  loop: 'Write a list, or a variable that holds one: "<%= name %>".',
  with_items: 'Write a list, or a variable that holds one: "<%= name %>".',
  when: 'Write one expression, or a list of expressions that must all hold.',
  vars: 'Write "name: value" lines below.',
  environment: 'Write "NAME: value" lines below.',
  notify: 'Write the name of a handler, or a list of names.',
  become_method: 'Only sudo is supported.',
  needs: 'Write the names of plays before this one, or [] for none.',
  serial: 'Write a number of hosts, a percentage ("30%") or a list of them.',
  loop_control: 'Write { label: "<%= item.name %>" } or { loop_var: name }.',
  timeout: 'Write seconds.',
  delay: 'Write seconds.',
};

const text: JsonSchema = { type: 'string' };
const flag: JsonSchema = { type: 'boolean' };
const seconds: JsonSchema = { type: 'number', minimum: 0 };
const names: JsonSchema = { type: ['string', 'array'], items: { type: 'string' } };
const conditions: JsonSchema = {
  type: ['string', 'boolean', 'array'],
  items: { type: ['string', 'boolean'] },
  minItems: 1,
};
const mapping: JsonSchema = { type: 'object' };
const list: JsonSchema = { type: ['array', 'null'] };
const scalars: JsonSchema = {
  type: 'object',
  additionalProperties: { type: ['string', 'number', 'boolean'] },
};
const loopControl: JsonSchema = {
  type: 'object',
  additionalProperties: false,
  properties: { loop_var: text, label: { type: ['string', 'number', 'boolean'] } },
};

/** Keywords that a play, a role's entry, a block and an import hand on to their tasks. */
const become = {
  become: flag,
  become_user: text,
  become_method: { enum: ['sudo'] },
  become_sandbox: { type: 'array', items: { type: 'string' } } as JsonSchema,
};
const handedOn = {
  ...become,
  environment: scalars,
  no_log: flag,
  ignore_errors: flag,
  check_mode: flag,
  run_once: flag,
  timeout: seconds,
  tags: names,
};
const conditional = { ...handedOn, when: conditions, vars: mapping, delegate_to: text };
const literal = ['check_mode', 'run_once', 'tags', 'vars', 'become_method'];

const loops = {
  loop: { type: 'array' },
  with_items: { type: ['array', 'string'] },
  loop_control: loopControl,
};
const task = {
  name: text,
  ...conditional,
  ...loops,
  args: mapping,
  register: text,
  notify: names,
  changed_when: conditions,
  failed_when: conditions,
  until: conditions,
  retries: { type: 'integer', minimum: 0 },
  delay: seconds,
};

export const playShape: Shape = {
  what: 'a play',
  example: 'A playbook is a list of plays: "- hosts: all" with "roles:" or "tasks:" below.',
  schema: closed(
    {
      name: text,
      hosts: { ...names, minItems: 1 },
      vars: mapping,
      vars_files: names,
      pre_tasks: list,
      roles: list,
      tasks: list,
      post_tasks: list,
      handlers: list,
      verify: list,
      serial: { type: ['integer', 'string', 'array'], items: { type: ['integer', 'string'] }, minItems: 1 },
      needs: names,
      gather_facts: flag,
      any_errors_fatal: flag,
      max_fail_percentage: { type: 'number', minimum: 0, maximum: 100 },
      ...handedOn,
    },
    ['hosts'],
  ),
  literal: [
    ...literal,
    ...[
      'vars_files',
      'pre_tasks',
      'roles',
      'tasks',
      'post_tasks',
      'handlers',
      'verify',
      'serial',
      'needs',
      'gather_facts',
    ],
    'any_errors_fatal',
  ],
  foreign: foreignPlayKeywords,
  hints,
};

export const importPlaybookShape: Shape = {
  what: 'an import of a playbook',
  example: '- import_playbook: other.yml',
  schema: closed({ import_playbook: text, name: text, vars: mapping, tags: names, when: conditions }),
  literal: ['import_playbook', 'vars', 'tags'],
  foreign: {},
  hints,
};

/** A role in a play's `roles` or a role's `dependencies`. Other keys are the role's parameters. */
export const roleEntryShape: Shape = {
  what: 'the entry of a role',
  example: '"- name" or "- role: name" with "vars:" below.',
  schema: { type: 'object', properties: { role: text, name: text, ...conditional } },
  literal: ['role', 'name', ...literal],
  foreign: {},
  hints,
};

export const metaShape: Shape = {
  what: "a role's meta/main.yml",
  example: 'dependencies: [other_role]',
  schema: closed({
    dependencies: list,
    allow_duplicates: flag,
    galaxy_info: mapping,
    argument_specs: mapping,
    collections: { type: 'array' },
  }),
  literal: ['dependencies', 'allow_duplicates'],
  foreign: {},
};

export const taskShape: Shape = {
  what: 'a task',
  example: 'A task is a mapping: "- name: what it does" with a module below.',
  schema: closed(task),
  literal: [...literal, 'register', 'loop_control'],
  foreign: {
    ...foreignTaskKeywords,
    listen: 'Only handlers listen; a task notifies.',
    rollback: 'Only handlers roll back: put it on the handler that shows whether the change is good.',
  },
  hints,
};

export const handlerShape: Shape = {
  what: 'a handler',
  example: 'A handler is a task with a name.',
  schema: closed({ ...task, listen: names, rollback: flag }),
  literal: [...taskShape.literal, 'listen', 'rollback'],
  foreign: foreignTaskKeywords,
  hints,
};

/** `meta: flush_handlers` */
export const metaTaskShape: Shape = {
  what: 'a meta task',
  example: '- meta: flush_handlers',
  schema: closed({ name: text, tags: names, meta: { enum: ['flush_handlers'] } }),
  literal: ['meta', 'tags'],
  hints: { meta: 'Only flush_handlers is there: it runs the handlers that were notified so far.' },
  foreign: {
    when: 'Handlers run only when they were notified: the condition belongs to the task that notifies.',
  },
};

export const blockShape: Shape = {
  what: 'a block',
  example: '- block: [tasks] with "rescue:" or "always:" beside it.',
  schema: closed({ name: text, block: list, rescue: list, always: list, notify: names, ...conditional }),
  literal: [...literal, 'block', 'rescue', 'always'],
  foreign: foreignBlockKeywords,
  hints,
};

export const importTasksShape: Shape = {
  what: 'an import of tasks',
  example: '- import_tasks: file.yml',
  schema: closed({
    name: text,
    import_tasks: { type: ['string', 'object'] },
    include_tasks: { type: ['string', 'object'] },
    args: mapping,
    ...conditional,
  }),
  literal: ['import_tasks', 'include_tasks', ...literal],
  foreign: {
    ...foreignBlockKeywords,
    loop: 'Tasks are imported before any host is known: put the loop on the tasks in the file.',
    register: 'Register the results of the tasks in the file.',
  },
  hints,
};

/** What stands below `include_tasks`, or below its `args`. */
export const importedTasksShape: Shape = {
  what: 'include_tasks',
  example: '- include_tasks: { file: file.yml, apply: { become: true } }',
  schema: closed({ file: text, apply: mapping }),
  literal: ['file'],
  foreign: {},
};

/** What `apply` hands on to the tasks that are included. */
export const applyShape: Shape = {
  what: 'apply',
  example: 'apply: { become: true }',
  schema: closed({ name: text, notify: names, ...conditional }),
  literal,
  foreign: foreignBlockKeywords,
  hints,
};

export const importRoleShape: Shape = {
  what: 'an import of a role',
  example: '- import_role: { name: role, tasks_from: file }',
  schema: closed({
    name: text,
    import_role: { type: 'object' },
    include_role: { type: 'object' },
    ...conditional,
  }),
  literal: ['import_role', 'include_role', ...literal],
  foreign: {
    ...foreignBlockKeywords,
    loop: 'Roles are imported before any host is known: put the loop on the tasks of the role.',
    register: 'Register the results of the tasks of the role.',
  },
  hints: {
    ...hints,
    import_role: 'Write { name: role }, with tasks_from: FILE for a part of it.',
    include_role: 'Write { name: role }, with tasks_from: FILE for a part of it.',
  },
};

/** What stands below `import_role`. */
export const importedRoleShape: Shape = {
  what: 'import_role',
  example: '- import_role: { name: role, tasks_from: file }',
  schema: closed({ name: text, tasks_from: text, apply: mapping }, ['name']),
  literal: ['name', 'tasks_from'],
  foreign: {
    defaults_from: 'A role has one set of defaults: give the others with "vars".',
    vars_from: 'Give other values with "vars" beside import_role.',
    handlers_from: 'All handlers of the role are there.',
    public: 'Defaults of a role can be read by all tasks of the play.',
    allow_duplicates: 'A role is imported as often as it is named.',
  },
};

export const verifyShape: Shape = {
  what: 'an entry of verify',
  example: 'A check is a mapping: "- name: what holds" with a check below.',
  schema: closed({
    name: text,
    when: conditions,
    ...loops,
    args: mapping,
    run_once: flag,
    on: names,
    vars: mapping,
    ...become,
    no_log: flag,
    timeout: seconds,
  }),
  literal: ['run_once', 'vars', 'become_method', 'loop_control'],
  foreign: {
    register: 'A check has no result; only its verdict counts.',
    notify: 'A check changes nothing and notifies nobody.',
    retries: 'Checks are retried by themselves until "timeout" (seconds).',
    delay: 'Checks are retried by themselves until "timeout" (seconds).',
    until: 'Checks are retried by themselves until "timeout" (seconds).',
    tags: 'Checks run with every run; "provision verify" runs them alone.',
    failed_when: 'Say what must hold with the arguments of the check.',
    ignore_errors: 'A check that may fail checks nothing: leave it out.',
    block: 'Checks stand in one list; put "when" on each.',
  },
  hints,
};

function closed(
  properties: Readonly<Record<string, JsonSchema>>,
  required: readonly string[] = [],
): JsonSchema {
  return { type: 'object', additionalProperties: false, properties, required };
}
