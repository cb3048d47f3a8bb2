import type { Answers, FileQuery } from '../agent/query.js';
import type { Step } from '../agent/step.js';
import { MissingPrerequisiteError, TaskError } from '../errors.js';
import {
  editedFileChanges,
  editedFileQueries,
  editedFileSteps,
  type EditedFile,
} from './filesystem/edited-file.js';
import { hostPathSchema } from './filesystem/paths.js';
import { resource, type Change, type Resource } from './resource.js';
import { editSetting, normalValue } from './sysctl/edit-setting.js';

interface Params {
  readonly name: string;
  readonly value?: string | number | boolean;
  readonly state: 'present' | 'absent';
  readonly sysctl_file: string;
  readonly reload: boolean;
  readonly ignoreerrors: boolean;
}

export const sysctl: Resource = resource<Params>({
  name: 'sysctl',
  summary: 'A kernel setting: what it is now, and what it is after a boot.',
  schema: {
    type: 'object',
    additionalProperties: false,
    required: ['name'],
    properties: {
      name: {
        type: 'string',
        pattern: '^[A-Za-z0-9_][A-Za-z0-9_.:@*-]*([./][A-Za-z0-9_:@*-]+)+$',
        description: 'the setting: `net.ipv4.ip_forward`',
      },
      value: { type: ['string', 'number', 'boolean'], description: 'its value; true is 1, false is 0' },
      state: {
        enum: ['present', 'absent'],
        default: 'present',
        description: '`absent`: not in the file; what it is now stays',
      },
      sysctl_file: {
        ...hostPathSchema,
        default: '/etc/sysctl.d/99-zz-provision.conf',
        description:
          'the file: one that a boot reads, `*.conf` in a folder of sysctl.d(5). `/etc/sysctl.conf` is one only where a link in /etc/sysctl.d leads to it, ' +
          'as up to Debian 12; another is refused. The default is read last',
      },
      reload: { type: 'boolean', default: true, description: 'whether the running value is managed too' },
      ignoreerrors: {
        type: 'boolean',
        default: false,
        description: 'a setting that this kernel does not have is written to the file all the same',
      },
    },
    if: { properties: { state: { const: 'absent' } }, required: ['state'] },
    else: { properties: { value: {} }, required: ['value'] },
  },

  queries: (params, known) => [
    ...(managesRuntime(params) ? [{ kind: 'sysctl', name: params.name } as const] : []),
    ...(needsLink(params) ? [LINK] : []),
    ...editedFileQueries(fileOf(params), known),
  ],

  plan(params, answers) {
    if (needsLink(params)) requireReadAtBoot(params, answers);
    return [
      ...(managesRuntime(params) ? runtimeChange(params, answers) : []),
      ...editedFileChanges(fileOf(params), answers),
    ];
  },

  apply(params, changes, answers) {
    const runtime: Step[] = changes.some((change) => change.subject === params.name)
      ? [{ kind: 'script', code: SET, args: [`${params.name}=${valueOf(params)}`] }]
      : [];
    // A value that the kernel refuses must not be left in the file.
    return [...runtime, ...editedFileSteps(fileOf(params), changes, answers)];
  },
});

const SET = `sysctl -q -w -- "$1" || {
  rc=$?
  [ -w "/proc/sys/$(printf '%s' "\${1%%=*}" | tr . /)" ] ||
    echo 'The host does not let it be set: a container shares the settings of its host. reload: false leaves the running value alone.' >&2
  exit "$rc"
}`;

/** What systemd-sysctl(8) reads. */
const READ = /^\/(?:etc|run|usr\/local\/lib|usr\/lib|lib)\/sysctl\.d\/+[^/]+\.conf$/;
const FORMER = '/etc/sysctl.conf';
/** Where Debian's package of procps has a boot read that file, up to Debian 12. */
const LINK: FileQuery = { kind: 'file', path: '/etc/sysctl.d/99-sysctl.conf' };

function needsLink({ sysctl_file, state }: Params): boolean {
  return state === 'present' && !READ.test(sysctl_file);
}

/** @throws TaskError when what is written would be gone after a boot */
function requireReadAtBoot({ sysctl_file }: Params, answers: Answers): void {
  const link = answers.get<'file'>(LINK);
  const target = link.exists && link.type === 'link' ? link.target : undefined;
  if (sysctl_file === FORMER && (target === '../sysctl.conf' || target === FORMER)) return;
  throw new TaskError(
    `no boot of this host reads ${sysctl_file}: the setting would be gone after the next one`,
    {
      hint:
        'leave sysctl_file out, or name a file in /etc/sysctl.d whose name ends in .conf' +
        (sysctl_file === FORMER ? ' (/etc/sysctl.conf is not read any more since Debian 13)' : ''),
    },
  );
}

function managesRuntime({ state, reload }: Params): boolean {
  return state === 'present' && reload;
}

/** @throws MissingPrerequisiteError when the kernel has no such setting */
function runtimeChange(params: Params, answers: Answers): Change[] {
  const { name } = params;
  const { value } = answers.get<'sysctl'>({ kind: 'sysctl', name });
  if (value === null) {
    if (params.ignoreerrors) return [];
    throw new MissingPrerequisiteError(`the kernel has no setting ${name}`, {
      hint: 'the module that brings it may not be loaded (net.bridge.*: br_netfilter); reload: false writes the file alone',
    });
  }
  const [before, after] = [normalValue(value), valueOf(params)];
  return before === after ? [] : [{ subject: name, field: 'value', before, after }];
}

function fileOf(params: Params): EditedFile {
  const absent = params.state === 'absent';
  return {
    path: params.sysctl_file,
    missing: absent ? 'nothing' : 'create',
    edit: (text) => editSetting(text, params.name, absent ? undefined : valueOf(params)),
  };
}

function valueOf({ value }: Params): string {
  return normalValue(typeof value === 'boolean' ? String(Number(value)) : String(value));
}
