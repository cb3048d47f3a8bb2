import type { Answers, CommandQuery } from '../../agent/query.js';
import { MissingPrerequisiteError, TaskError } from '../../errors.js';
import { aptGet, type Transaction } from './apt-get.js';
import type { AptParams } from './params.js';
import type { AptPart } from './part.js';
import { simulated, simulation } from './simulation.js';

/** A package file on the host, which nobody but root may write: its scripts run as root. What is in it is known first, so that a host that has it costs two rounds. */
export const debFile: AptPart = {
  queries(params, known) {
    const { deb } = params;
    if (deb === undefined) return [];
    const read = readQuery(deb);
    const name = known.has(read) ? fieldOf(deb, 'Package', known) : undefined;
    if (name === undefined) return [read];
    const installed = { kind: 'package', name } as const;
    if (!known.has(installed) || !differs(deb, known)) return [read, installed];
    return [read, installed, simulation(params, transactionOf(params))];
  },

  installs: ({ deb, state }, answers) => deb !== undefined && state !== 'absent' && differs(deb, answers),

  changes(params, answers) {
    const { deb, state } = params;
    if (deb === undefined) return [];
    if (state === 'absent')
      throw new TaskError('`deb` does not go with state: absent', { hint: 'remove the package by its name' });
    if (fieldOf(deb, 'Package', answers) === undefined || fieldOf(deb, 'Version', answers) === undefined) {
      const { stderr } = answers.get<'command'>(readQuery(deb));
      throw new MissingPrerequisiteError(`${deb} cannot be read as a package`, {
        detail: stderr.split('\n').filter(Boolean),
      });
    }
    if (!differs(deb, answers)) return [];
    const name = fieldOf(deb, 'Package', answers);
    return simulated(params, transactionOf(params), answers).map((change) =>
      change.subject === name ? { ...change, subject: deb } : change,
    );
  },

  steps: (params, answers) =>
    params.deb !== undefined && differs(params.deb, answers) ? [aptGet(params, transactionOf(params))] : [],
};

function transactionOf({ deb = '' }: AptParams): Transaction {
  return { verb: ['install'], packages: [deb] };
}

function differs(deb: string, answers: Answers): boolean {
  const [name, version] = [fieldOf(deb, 'Package', answers), fieldOf(deb, 'Version', answers)];
  if (name === undefined || version === undefined) return false;
  return answers.get<'package'>({ kind: 'package', name }).version !== version;
}

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
