import type { Answers, CommandQuery } from '../../agent/query.js';
import { MissingPrerequisiteError, TaskError } from '../../errors.js';
import { aptGet } from './apt-get.js';
import type { AptPart } from './part.js';

/** A package file on the host, which nobody but root may write: its scripts run as root. What is in it is known first, so that a host that has it costs two rounds. */
export const debFile: AptPart = {
  queries({ deb }, known) {
    if (deb === undefined) return [];
    const read = readQuery(deb);
    const name = known.has(read) ? fieldOf(deb, 'Package', known) : undefined;
    return name === undefined ? [read] : [read, { kind: 'package', name }];
  },

  changes({ deb, state }, answers) {
    if (deb === undefined) return [];
    if (state === 'absent')
      throw new TaskError('`deb` does not go with state: absent', { hint: 'remove the package by its name' });
    const [name, version] = [fieldOf(deb, 'Package', answers), fieldOf(deb, 'Version', answers)];
    if (name === undefined || version === undefined) {
      const { stderr } = answers.get<'command'>(readQuery(deb));
      throw new MissingPrerequisiteError(`${deb} cannot be read as a package`, {
        detail: stderr.split('\n').filter(Boolean),
      });
    }
    const installed = answers.get<'package'>({ kind: 'package', name }).version;
    return installed === version
      ? []
      : [{ subject: deb, field: 'version', before: installed, after: version }];
  },

  steps: (params, changes) =>
    changes.some((change) => change.subject === params.deb)
      ? [aptGet(params, ['install'], [params.deb!])]
      : [],
};

function readQuery(deb: string): CommandQuery {
  return {
    kind: 'command',
    argv: ['dpkg-deb', '-f', deb, 'Package', 'Version'],
    at: [
      { path: '/', how: 'entry' },
      { path: deb, how: 'code' },
    ],
  };
}

function fieldOf(deb: string, field: string, known: Answers): string | undefined {
  const { rc, stdout } = known.get<'command'>(readQuery(deb));
  return rc === 0 ? new RegExp(`^${field}: *(\\S+)`, 'm').exec(stdout)?.[1] : undefined;
}
