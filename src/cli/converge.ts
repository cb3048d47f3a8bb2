import { shownError } from '../controller/shown.js';
import { runPlaybook, type RunOptions } from '../controller/run.js';
import { ProvisionError } from '../errors.js';
import type { Recap } from '../events.js';
import { createHumanReporter } from '../reporters/human.js';
import { createPalette } from '../reporters/palette.js';
import { ExitCode } from './exit-codes.js';
import type { Io } from './io.js';
import type { HostOptions } from './options.js';

/** Run a playbook with a reporter on stdout; the exit code tells how it ended. */
export async function converge(
  options: Omit<RunOptions, 'emit'>,
  shown: HostOptions & { readonly diff?: boolean },
  io: Io,
): Promise<void> {
  const palette = createPalette(io.stdout.isTTY === true, io.env);
  const report = createHumanReporter({
    out: io.stdout,
    palette,
    live: io.stdout.isTTY === true && shown.quiet !== true,
    verbosity: shown.quiet === true ? -1 : shown.verbose,
    diff: shown.diff === true,
  });
  const recap = await runPlaybook({ ...options, emit: report }).catch((error: unknown) => {
    throw error instanceof ProvisionError ? shownError(error, options.secrets) : error;
  });
  io.exitCode = io.interrupted.aborted ? ExitCode.interrupted : exitCodeOf(recap);
}

/** A failed host outweighs an unreachable one, and that one an unverified one. */
export function exitCodeOf(recap: Recap): number {
  if (recap.hosts.some((host) => host.failed > 0)) return ExitCode.failed;
  if (recap.hosts.some((host) => host.unreachable)) return ExitCode.unreachable;
  return recap.hosts.some((host) => host.checksFailed > 0) ? ExitCode.unverified : ExitCode.ok;
}
