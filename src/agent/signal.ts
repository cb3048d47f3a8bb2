import { constants } from 'node:os';

/** What shells say of a child that a signal ended, by signal. SIGINT and SIGPIPE are passed over in silence. */
const NOTICES: Readonly<Record<string, string>> = {
  SIGHUP: 'Hangup',
  SIGQUIT: 'Quit',
  SIGILL: 'Illegal instruction',
  SIGTRAP: 'Trace/breakpoint trap',
  SIGABRT: 'Aborted',
  SIGBUS: 'Bus error',
  SIGFPE: 'Floating point exception',
  SIGKILL: 'Killed',
  SIGUSR1: 'User defined signal 1',
  SIGSEGV: 'Segmentation fault',
  SIGUSR2: 'User defined signal 2',
  SIGALRM: 'Alarm clock',
  SIGTERM: 'Terminated',
  SIGXCPU: 'CPU time limit exceeded',
  SIGXFSZ: 'File size limit exceeded',
  SIGSYS: 'Bad system call',
};

/**
 * Tell a signal from an exit status above 128. A shell reports both as 128 + n; only of a signal it says so on stderr
 * (dash and busybox: `Killed`, bash: `sh: line 7: 4711 Killed   command`). That notice is taken off.
 */
export function splitSignal(rc: number, stderr: string): { signal: string | undefined; stderr: string } {
  const signal = Object.keys(NOTICES).find((name) => constants.signals[name as NodeJS.Signals] === rc - 128);
  const notice = signal === undefined ? undefined : NOTICES[signal];
  if (notice === undefined) return { signal: undefined, stderr };
  const kept = lengthBefore(notice, stderr);
  return kept === undefined ? { signal: undefined, stderr } : { signal, stderr: stderr.slice(0, kept) };
}

/** How much of stderr is before the notice, which is at its end. */
function lengthBefore(notice: string, stderr: string): number | undefined {
  for (const text of [notice, `${notice} (core dumped)`])
    if (stderr.endsWith(`${text}\n`)) return bashLine(text, stderr) ?? stderr.length - text.length - 1;
  return bashLine(notice, stderr) ?? bashLine(`${notice} (core dumped)`, stderr);
}

/**
 * bash names the command; of a pipeline it tells how each program ended, on a line of its own. Only the last lines are looked at, and
 * only as far as such a notice goes: the rest is what a program has said.
 */
function bashLine(notice: string, stderr: string): number | undefined {
  let end = stderr.length;
  while (stderr[end - 1] === '\n') end -= 1;
  const last = Math.max(0, stderr.lastIndexOf('\n', end - 1) + 1);
  const before = Math.max(0, stderr.lastIndexOf('\n', last - 2) + 1);
  const line = stderr.slice(last, Math.min(end, last + LONGEST));
  if (new RegExp(`${PLACE}${notice.replace(/[()]/g, '\\$&')} `).test(line)) return last;
  const first = stderr.slice(before, Math.min(last, before + LONGEST));
  if (last > 0 && new RegExp(`^ +\\d+ ${notice.replace(/[()]/g, '\\$&')} `).test(line) && START.test(first))
    return before;
  return undefined;
}

/** Characters of a line of bash's that are looked at. */
const LONGEST = 1024;
/** `bash: line 12: 4711 ` */
const PLACE = '^[^\\n]{1,255}: line \\d{1,9}: +\\d{1,9} ';
const START = new RegExp(`${PLACE}[A-Z]`);
