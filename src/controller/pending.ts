import { forgetNotes, listNotes, readNotes, type PendingNote } from '../agent/pending-notes.js';
import { TaskError, type ProvisionError } from '../errors.js';
import { execOnHosts, type ExecResult } from './exec.js';

type ExecOptions = Parameters<typeof execOnHosts>[2];

/** What a host still owes. */
export interface PendingOnHost {
  readonly host: string;
  readonly notes: readonly PendingNote[];
  readonly error: ProvisionError | undefined;
}

/** The handlers that are noted on the hosts, in the order of the hosts. Nothing is changed and no lock taken. */
export async function pendingOn(hosts: readonly string[], options: ExecOptions): Promise<PendingOnHost[]> {
  const found = new Map<string, PendingOnHost>();
  await execOnHosts(listNotes, hosts, options, (result) => {
    const { host, output } = result;
    const error = errorOf(result, 'the notes of handlers could not be read');
    found.set(host, { host, notes: error ? [] : readNotes(output?.stdout ?? ''), error });
  });
  return hosts.flatMap((host) => found.get(host) ?? []);
}

/** Remove notes from the hosts that have them. The host's lock is taken: no run is under way. @returns the hosts that refused */
export async function forgetOn(
  pending: readonly PendingOnHost[],
  options: ExecOptions,
): Promise<PendingOnHost[]> {
  const left: PendingOnHost[] = [];
  await Promise.all(
    pending.map(({ host, notes }) =>
      execOnHosts(forgetNotes(notes), [host], { ...options, lock: true }, (result) => {
        const error = errorOf(result, 'a note could not be removed');
        if (error) left.push({ host, notes, error });
      }),
    ),
  );
  return left;
}

function errorOf({ host, output, error }: ExecResult, failed: string): ProvisionError | undefined {
  if (error || output?.rc === 0) return error;
  const detail = (output?.stderr ?? '').split('\n').filter((line) => line !== '');
  return new TaskError(failed, { host, detail });
}
