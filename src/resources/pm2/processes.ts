/** A live process of a PM2 daemon, as /proc shows it. */
export interface Process {
  /** the name of its pid file without `.pid`: the app's name with odd characters as `-`, `-`, PM2's number */
  readonly file: string;
  readonly pid: number;
  /** where it runs, links resolved */
  readonly cwd: string;
  /** seconds since it began */
  readonly age: number;
  /** how often PM2 had restarted it soon after a start when it began */
  readonly unstable: number;
}

export interface Daemon {
  /** null: no daemon of this PM2_HOME is alive */
  readonly pid: number | null;
  readonly processes: readonly Process[];
}

/**
 * sh that prints the daemon and its live processes from pid files and /proc: starting PM2 would cost a Node start, and
 * would spawn a daemon where none is. Needs `$home`. Read by `parseDaemon`.
 */
export const LIST_PROCESSES = `daemon=
if [ -r "$home/pm2.pid" ] && read -r pid <"$home/pm2.pid" || [ -n "\${pid-}" ]; then
  if grep -aq 'God Daemon' "/proc/$pid/cmdline" 2>/dev/null; then daemon=$pid; fi
fi
printf 'daemon\\t%s\\n' "$daemon"
read -r up _ </proc/uptime
if [ -n "$daemon" ]; then
  for file in "$home"/pids/*.pid; do
    pid='' stat=''
    # PM2 writes no newline behind the number.
    { read -r pid <"$file" || [ -n "$pid" ]; } 2>/dev/null || continue
    { while IFS= read -r line; do stat=$stat$line; done <"/proc/$pid/stat"; } 2>/dev/null || continue
    # After the name in parentheses: state, parent, ..., and as the 20th the start in hundredths of a second.
    set -- \${stat##*) }
    if [ "$2" != "$daemon" ]; then continue; fi
    # The variables end with a zero byte, which no shell keeps and some complain about.
    {
      unstable=$(sed -zn 's/^unstable_restarts=//p; s/^pm2_env=.*"unstable_restarts":\\([0-9]*\\).*/\\1/p' "/proc/$pid/environ")
    } 2>/dev/null
    name=\${file##*/}
    printf 'process\\t%s\\t%s\\t%s\\t%s\\t%s\\n' "\${name%.pid}" "$pid" "$(readlink "/proc/$pid/cwd")" \\
      "$((\${up%%.*} - \${20} / 100))" "\${unstable:-0}"
  done
fi`;

export function parseDaemon(output: string): Daemon {
  const rows = output.split('\n').map((line) => line.split('\t'));
  const pid = rows.find(([kind]) => kind === 'daemon')?.[1] ?? '';
  const processes = rows
    .filter(([kind]) => kind === 'process')
    .map(([, file = '', number, cwd = '', age, unstable]) => ({
      file,
      pid: Number(number),
      cwd,
      age: Number(age),
      unstable: Number(unstable),
    }));
  return { pid: pid === '' ? null : Number(pid), processes };
}

/** The processes of one app. */
export function processesOf(daemon: Daemon, app: string): Process[] {
  const prefix = `${app.replace(/[^a-zA-Z0-9\\.-]/g, '-')}-`;
  return daemon.processes.filter(
    ({ file }) => file.startsWith(prefix) && /^\d+$/.test(file.slice(prefix.length)),
  );
}
