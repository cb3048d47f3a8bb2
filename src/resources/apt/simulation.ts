import type { Answers, ScriptQuery } from '../../agent/query.js';
import { MissingPrerequisiteError, TaskError } from '../../errors.js';
import type { Change } from '../resource.js';
import { decidingWords, describeTransaction, type Transaction } from './apt-get.js';
import type { AptParams } from './params.js';

/** Seconds that a simulation may take, beside what it waits for another program that uses dpkg. */
const TIMEOUT = 120;

/** What apt-get says it would do. Only asked where something differs. */
export function simulation(params: AptParams, transaction: Transaction): ScriptQuery {
  return {
    kind: 'script',
    code: SIMULATE,
    args: [
      String(params.lock_timeout),
      ...['apt-get', '-s', '-q', '-o', 'Debug::NoLocking=1'],
      ...decidingWords(params, transaction),
    ],
    timeout: TIMEOUT + params.lock_timeout,
  };
}

// What another program is just installing is neither there nor missing. dpkg's locks are fcntl's: no tool of the base
// system tries one, but the kernel lists them, by inode.
const SIMULATE = `limit=$(($(date +%s) + $1))
shift
while id=$(stat -c %i /var/lib/dpkg/lock-frontend 2>/dev/null) && grep -q ":$id " /proc/locks 2>/dev/null; do
  [ "$(date +%s)" -lt "$limit" ] || break
  sleep 1
done
exec "$@"`;

/**
 * The packages that a transaction would install, upgrade, downgrade, remove or finish the configuration of, in apt's order, each once.
 * @throws TaskError with apt's reason where it would refuse; a MissingPrerequisiteError where it does not know a package, a
 * version or a release, which an earlier task may bring
 */
export function simulated(
  params: AptParams,
  transaction: Transaction,
  answers: Answers,
  field = 'version',
): Change[] {
  const { rc, stdout, stderr } = answers.get<'script'>(simulation(params, transaction));
  if (rc !== 0) throw refusal(describeTransaction(transaction), stdout, stderr, rc);
  const moves = movesIn(stdout);
  refuseWhatAptWould(params, stdout, moves);
  return [...moves].map(([subject, { before, after, unfinished }]): Change =>
    unfinished
      ? { subject, field: 'configuration', before: 'unfinished', after: 'finished' }
      : { subject, field, before, after },
  );
}

interface Move {
  readonly before: string | null;
  readonly after: string | null;
  /** only its configuration is missing: an earlier attempt broke off or failed */
  readonly unfinished: boolean;
}

/**
 * Lines as `Inst tzdata [2024a-0] (2024b-0 Debian:12.7/stable [all])`, `Remv linux-image-6.1.0-9 [6.1.27-1]`, `Purg x [1]` and
 * `Conf tzdata (2024b-0 …)`. A package may be taken away on the way and put back.
 */
function movesIn(stdout: string): Map<string, Move> {
  const moves = new Map<string, Move>();
  for (const line of stdout.split('\n')) {
    const [, action, subject, installed, offered] =
      /^(Inst|Remv|Purg|Conf) (\S+)(?: \[([^\]]*)\])?(?: \((\S+))?/.exec(line) ?? [];
    if (subject === undefined) continue;
    const earlier = moves.get(subject);
    if (action === 'Conf' && earlier) continue;
    const before = earlier?.before ?? (installed === undefined || installed === '' ? null : installed);
    const after = action === 'Remv' || action === 'Purg' ? null : (offered ?? 'installed');
    moves.set(subject, { before, after, unfinished: action === 'Conf' });
  }
  return moves;
}

/** With `-y` apt-get does none of this unless it is told to; its simulation only says it. */
function refuseWhatAptWould(params: AptParams, stdout: string, moves: ReadonlyMap<string, Move>): void {
  const described = (names: readonly string[]): string[] =>
    names.map((name) => {
      const { before = null, after = null } = moves.get(name) ?? {};
      return `${name}: ${before ?? 'not installed'} -> ${after ?? 'removed'}`;
    });
  const held = listed(stdout, 'The following held packages will be changed:');
  if (held.length > 0 && !params.allow_change_held_packages)
    throw new TaskError(
      `${held.join(', ')} ${held.length === 1 ? 'is' : 'are'} held on this host, and this would change ${held.length === 1 ? 'it' : 'them'}`,
      {
        detail: described(held),
        hint: `apt-mark unhold ${held.join(' ')} on the host, or allow_change_held_packages: true in a task of apt`,
      },
    );
  const downgraded = listed(stdout, 'The following packages will be DOWNGRADED:');
  if (downgraded.length > 0 && !params.allow_downgrade)
    throw new TaskError(`${downgraded.join(', ')} would be downgraded`, {
      detail: described(downgraded),
      hint: 'allow_downgrade: true in a task of apt, if that is meant',
    });
  const essential = listed(stdout, 'WARNING: The following essential packages will be removed.');
  if (essential.length > 0)
    throw new TaskError(`this would remove essential packages: ${essential.join(', ')}`, {
      detail: described([...moves.keys()].filter((name) => moves.get(name)?.after === null)),
      hint: 'apt does that for nobody who is not there to confirm it',
    });
}

/** The packages below one of apt-get's headings. */
function listed(stdout: string, heading: string): string[] {
  const lines = stdout.split('\n');
  const from = lines.indexOf(heading);
  if (from === -1) return [];
  const rest = lines.slice(from + 1);
  // The warning goes on in a line of its own.
  if (/^This should NOT be done/.test(rest[0] ?? '')) rest.shift();
  const end = rest.findIndex((line) => !line.startsWith(' '));
  return rest
    .slice(0, end === -1 ? undefined : end)
    .flatMap((line) =>
      line
        .replace(/\([^)]*\)/g, '')
        .trim()
        .split(/\s+/),
    )
    .filter((word) => /^[a-z0-9][a-z0-9+.:-]*\*?$/.test(word))
    .map((word) => word.replace(/\*$/, ''));
}

/** What apt says when it does not know something. */
const UNKNOWN =
  /^E: (Unable to locate package|Package '.*' has no installation candidate|Version '.*' for '.*' was not found|Unable to find a source package|The value '.*' is invalid for APT::Default-Release)/m;

function refusal(what: string, stdout: string, stderr: string, rc: number): TaskError {
  const reason = stdout.indexOf('The following packages have unmet dependencies:');
  const detail = [
    ...(reason === -1 ? [] : stdout.slice(reason).split('\n')),
    ...stderr.split('\n').filter((line) => !line.startsWith('W: ')),
  ]
    .filter((line) => line.trim() !== '')
    .slice(0, 20);
  if (UNKNOWN.test(stderr)) {
    const first = stderr.split('\n').find((line) => UNKNOWN.test(line)) ?? '';
    return new MissingPrerequisiteError(first.replace(/^E: /, 'apt: '), {
      detail: detail.filter((line) => line !== first),
      hint: 'is the name right, and is its source configured? update_cache: true fetches the package lists first',
    });
  }
  if (rc === 124 || rc === 137)
    return new TaskError(`${what} could not be simulated: it took too long`, { detail });
  return new TaskError(`${what} is not possible on this host`, {
    detail: detail.length > 0 ? detail : [`apt-get ended with exit code ${rc}`],
    ...(/--fix-broken|dpkg --configure/.test(stderr)
      ? { hint: 'an earlier installation broke off: look at apt-get --fix-broken install on the host' }
      : {}),
  });
}
