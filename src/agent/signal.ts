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
  const dumped = `${escape(notice)}(?: \\(core dumped\\))?`;
  // bash names the command; of a pipeline it tells how each program ended, on a line of its own.
  const bash = `(?:^|(?<=\\n))[^\\n]*: line \\d+: +\\d+ (?:[A-Z][^\\n]*\\n +\\d+ )?${dumped} [^\\n]*\\n*$`;
  const found = new RegExp(bash).exec(stderr) ?? new RegExp(`${dumped}\\n$`).exec(stderr);
  return found ? { signal, stderr: stderr.slice(0, found.index) } : { signal: undefined, stderr };
}

function escape(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&');
}
