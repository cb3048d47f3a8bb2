/** What `register` gets from a program's run, in Ansible's names. */
export interface CommandResult extends Readonly<Record<string, unknown>> {
  readonly rc: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly stdout_lines: readonly string[];
  readonly stderr_lines: readonly string[];
}

/** The registered form of what a program left behind: newlines at the end are taken off, as Ansible does. */
export function commandResult(output: {
  readonly rc: number;
  readonly stdout: string;
  readonly stderr: string;
}): CommandResult {
  const stdout = output.stdout.replace(/[\r\n]+$/, '');
  const stderr = output.stderr.replace(/[\r\n]+$/, '');
  return { rc: output.rc, stdout, stderr, stdout_lines: linesOf(stdout), stderr_lines: linesOf(stderr) };
}

function linesOf(text: string): string[] {
  return text === '' ? [] : text.split(/\r?\n/);
}
