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
  const [stdout, stderr] = [withoutEnd(output.stdout), withoutEnd(output.stderr)];
  return { rc: output.rc, stdout, stderr, stdout_lines: linesOf(stdout), stderr_lines: linesOf(stderr) };
}

/** By hand: an expression that ends in `$` is tried again at each of a million line breaks. */
function withoutEnd(text: string): string {
  let end = text.length;
  while (end > 0 && (text[end - 1] === '\n' || text[end - 1] === '\r')) end -= 1;
  return text.slice(0, end);
}

function linesOf(text: string): string[] {
  return text === '' ? [] : text.split(/\r?\n/);
}
