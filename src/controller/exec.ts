import type { Step, StepOutput } from '../agent/step.js';
import { hostError, type ProvisionError } from '../errors.js';
import { becomeUserOf } from './place.js';
import { prepareRun, type RunOptions } from './run-state.js';

/** What one host answered to an ad-hoc command. */
export interface ExecResult {
  readonly host: string;
  readonly ms: number;
  readonly output: StepOutput | undefined;
  readonly error: ProvisionError | undefined;
}

/** Run one step on each host at the same time; `report` is called as each of them is done. */
export async function execOnHosts(
  step: Step,
  hosts: readonly string[],
  options: Omit<RunOptions, 'playbook' | 'check' | 'verify' | 'emit'> & {
    readonly timeout: number;
    /** take each host's lock, as what must not meet a run does */
    readonly lock?: boolean;
    readonly onLine?: (host: string, stream: 'stdout' | 'stderr', line: string) => void;
  },
  report: (result: ExecResult) => void,
): Promise<void> {
  // Unless it says otherwise it takes no lock: it is how one looks at a host while a run is under way.
  const run = prepareRun({
    ...options,
    playbook: { path: 'exec', name: 'exec', plays: [], namesFacts: false },
    check: options.lock !== true,
    verify: 'none',
    emit: () => undefined,
  });
  try {
    await Promise.all(hosts.map((host) => run.limit(() => execOn(host))));
  } finally {
    await run.close();
  }

  async function execOn(host: string): Promise<void> {
    const began = options.now();
    const { session } = run.stateOf(host);
    const done = (output: StepOutput | undefined, error: ProvisionError | undefined): void =>
      report({ host, ms: Math.round(options.now() - began), output, error });
    try {
      const scope = run.scopes.ofHost(host);
      const connection = run.connectionOf(host);
      const user = becomeUserOf(
        { become: undefined, becomeUser: undefined, becomeSandbox: undefined },
        scope,
        {
          connection,
          commandLine: options.become.user,
        },
      );
      const { outputs } = await session.request(
        user,
        { steps: [step], queries: [] },
        {
          timeout: options.timeout,
          signal: options.interrupted,
          ...(options.onLine
            ? {
                onLine: (_part: number, stream: 'stdout' | 'stderr', line: string) =>
                  options.onLine?.(host, stream, line),
              }
            : {}),
        },
      );
      done(outputs[0], undefined);
    } catch (error) {
      done(undefined, hostError(error, host));
    }
  }
}
