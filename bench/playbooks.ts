import { stringify } from 'yaml';

/**
 * The same work in the words of both tools. They share the names of modules and parameters, so a playbook is written once; a dialect
 * holds what differs.
 */
export interface Dialect {
  /** the value of a variable */
  readonly insert: (variable: string) => string;
  /** Ansible's generic `service` fails under Debian's mitogen, so its own module for systemd is used */
  readonly service: string;
}

export const dialects = {
  ansible: { insert: (variable) => `{{ ${variable} }}`, service: 'systemd' },
  provision: { insert: (variable) => `<%= ${variable} %>`, service: 'service' },
} as const satisfies Record<string, Dialect>;

export type DialectName = keyof typeof dialects;

export const playbookNames = ['tasks', 'one-line', 'hundred-lines', 'files'] as const;
export type PlaybookName = (typeof playbookNames)[number];

export const TEMPLATES = 12;

type Task = Readonly<Record<string, unknown>>;

/** The YAML of a playbook. */
export function playbook(name: PlaybookName, dialect: Dialect): string {
  const tasks: Readonly<Record<PlaybookName, readonly Task[]>> = {
    tasks: thirtyTasks(dialect),
    'one-line': [lineOf(['setting001 = on'], dialect)],
    'hundred-lines': [
      lineOf(
        range(100).map((number) => `setting${padded(number, 3)} = on`),
        dialect,
      ),
    ],
    files: [{ name: 'files', copy: { src: 'files/', dest: '/opt/bench-files/', mode: '0644' } }],
  };
  // Facts are used by no task: the peers need not gather them.
  return stringify([{ hosts: 'all', become: true, gather_facts: false, tasks: tasks[name] }]);
}

/** 3 packages, 3 folders, 2 users, 12 templates, 5 lines of one file, 2 services, a sysctl, 2 read-only commands. */
export function thirtyTasks({ service }: Dialect): Task[] {
  const named = (name: string, module: string, params: unknown): Task => ({ name, [module]: params });
  return [
    ...['cron', 'nginx', 'jq'].map((name) => named(`package ${name}`, 'apt', { name, state: 'present' })),
    ...['/etc/bench', '/etc/bench/parts', '/srv/bench'].map((path) =>
      named(`folder ${path}`, 'file', { path, state: 'directory', mode: '0755' }),
    ),
    ...['benchone', 'benchtwo'].map((name) =>
      named(`user ${name}`, 'user', { name, shell: '/bin/sh', create_home: true }),
    ),
    ...range(TEMPLATES).map((number) =>
      named(`template ${number}`, 'template', {
        src: templateName(number),
        dest: `/etc/bench/parts/${templateName(number)}`,
        owner: 'root',
        group: 'root',
        mode: '0644',
      }),
    ),
    ...range(5).map((number) =>
      named(`line ${number}`, 'lineinfile', {
        path: '/etc/bench/lines.conf',
        line: `option${number} = ${number}`,
        regexp: `^option${number} =`,
        create: true,
        mode: '0644',
      }),
    ),
    ...['cron', 'nginx'].map((name) =>
      named(`service ${name}`, service, { name, state: 'started', enabled: true }),
    ),
    named('kernel setting', 'sysctl', {
      name: 'net.ipv4.ip_nonlocal_bind',
      value: '1',
      sysctl_file: '/etc/sysctl.d/90-bench.conf',
    }),
    ...['uname -r', 'id benchone'].map((cmd) => ({
      name: cmd,
      command: { cmd },
      changed_when: false,
      check_mode: false,
    })),
  ];
}

function lineOf(lines: readonly string[], { insert }: Dialect): Task {
  return {
    name: 'lines',
    lineinfile: { path: '/etc/bench-loop.conf', line: insert('item'), create: true, mode: '0644' },
    loop: lines,
  };
}

/** A configuration file of the usual size. The first one changes with the variable `release`. */
export function template(number: number, { insert }: Dialect): string {
  const lines = [
    `# ${templateName(number)} of ${insert('ansible_host')}`,
    ...(number === 1 ? [`release = ${insert('release')}`] : []),
    ...range(40).map((line) => `option_${padded(line, 2)} = ${insert('site_name')}/${number}/${line}`),
  ];
  return `${lines.join('\n')}\n`;
}

export function templateName(number: number): string {
  return `part${padded(number, 2)}.conf`;
}

export function range(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index + 1);
}

export function padded(number: number, digits: number): string {
  return String(number).padStart(digits, '0');
}
