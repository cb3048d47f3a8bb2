import { MissingPrerequisiteError, TaskError } from '../errors.js';
import type { Channel } from '../transport/connection.js';
import { quote, quoteAll } from './quote.js';

/** Work as another user than the one who logged in, by sudo(8). */
export interface Become {
  readonly user: string;
  /** properties of a transient systemd service in which it is done; empty or left out: as sudo does it */
  readonly sandbox?: readonly string[];
  /** written to sudo's stdin when it asks, and nowhere else */
  readonly password?: string;
}

/**
 * The command that starts a shell as somebody. With a password sudo prompts on stderr with `prompt`, a text that nobody
 * else prints, and the shell says it once it is there.
 */
export function becomeCommand(given: {
  shell: string;
  program: string;
  become: Become | undefined;
  prompt: string;
}): string {
  const { shell, program, become, prompt } = given;
  if (!become) return `exec ${shell} -c ${quote(program)}`;
  const target = become.sandbox?.length
    ? `-- ${quoteAll(serviceArgv(become.user, become.sandbox))}`
    : `-H -u ${quote(become.user)} --`;
  if (become.password === undefined) return `exec sudo -n ${target} ${shell} -c ${quote(program)}`;
  const ready = `printf '%s\\n' ${quote(readyFor(prompt))} >&2; ${program}`;
  return `exec sudo -S -p ${quote(prompt)} ${target} ${shell} -c ${quote(ready)}`;
}

/** As root: a service of its own for the user, which ends with what runs in it, and with it all that was started there. */
function serviceArgv(user: string, sandbox: readonly string[]): string[] {
  const properties = [`User=${user}`, ...sandbox].map((one) => `--property=${one}`);
  return [
    'systemd-run',
    '--quiet',
    '--pipe',
    '--wait',
    '--collect',
    '--service-type=exec',
    ...properties,
    '--',
  ];
}

/** Of what was said before, only so much can be the beginning of a prompt. */
const LOOK_BACK = 4096;

/**
 * Give sudo its password when it asks. Resolves when the shell is there, which may be without a question, or when the
 * channel ended. A second question means that the password is wrong: nothing more is sent, so that one run costs the
 * account one failed attempt.
 */
export function givePassword(channel: Channel, password: string, prompt: string): Promise<void> {
  return new Promise((resolve) => {
    let said = '';
    let asked = 0;
    let from = 0;
    const listen = (chunk: Buffer): void => {
      said += chunk.toString('latin1');
      if (said.includes(readyFor(prompt))) return done();
      for (let at = said.indexOf(prompt, from); at >= 0; at = said.indexOf(prompt, from)) {
        asked += 1;
        if (asked === 1) channel.stdin.write(`${password}\n`);
        // At the end of its input sudo gives up; sudo-rs takes that for one more password, as often as it may be asked for.
        else if (said.slice(0, at).endsWith('[sudo: ')) channel.kill();
        else channel.stdin.end();
        from = at + prompt.length;
      }
      const old = Math.max(0, said.length - LOOK_BACK);
      said = said.slice(old);
      from = Math.max(0, from - old);
    };
    const done = (): void => {
      channel.stderr.off('data', listen);
      resolve();
    };
    channel.stderr.on('data', listen);
    channel.exit.then(done, done);
  });
}

/** sudo's words, and sudo-rs's. */
const UNKNOWN_USER = /unknown user|user '[^'\n]*' not found/;
const WRONG_PASSWORD =
  /incorrect password|Sorry, try again|no password was provided|Authentication failed|incorrect authentication attempt/;

/** Why a channel that ended before the agent said hello did so. */
export function becomeFailure(become: Become, code: number | null, said: string, prompt: string): TaskError {
  const words = said
    .replaceAll(`[sudo: ${prompt}] Password:`, '\n')
    .replaceAll(prompt, '\n')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
  // In a dry run an earlier task may be the one that would make the user, or a folder that the sandbox names. systemd.exec(5).
  if (become.sandbox?.length && (code === 217 || code === 226)) {
    return new MissingPrerequisiteError(
      `become ${become.user} failed: ${code === 217 ? 'there is no such user or group' : 'the sandbox cannot be set up'}`,
      {
        hint:
          code === 217
            ? hintFor(said, become)
            : 'do all paths of become_sandbox exist? A minus before a path leaves it out where it does not',
      },
    );
  }
  // sudo says more behind that.
  if (UNKNOWN_USER.test(said)) {
    return new MissingPrerequisiteError(`become ${become.user} failed: there is no such user`, {
      hint: hintFor(said, become),
    });
  }
  const last = words.at(-1) ?? `exit code ${code ?? 'unknown'}`;
  return new TaskError(`become ${become.user} failed: ${last}`, {
    detail: words.slice(0, -1),
    hint: hintFor(words.join('\n'), become),
  });
}

/** What sudo(8) and the login shell say, in C locale, and what helps. */
function hintFor(said: string, become: Become): string {
  if (/systemd-run: .*not found/.test(said)) return 'become_sandbox needs systemd on the host';
  if (/sudo: .*(not found|No such file)/.test(said))
    return 'install sudo on the host, or log in as the user itself';
  if (WRONG_PASSWORD.test(said) && become.password !== undefined) {
    return 'the password for sudo is wrong';
  }
  if (/password is required|no password was provided|interactive authentication is required/i.test(said)) {
    return "give sudo's password with -K or ansible_become_password, or allow NOPASSWD for the login user";
  }
  if (/must have a tty/.test(said))
    return "take requiretty out of the host's sudoers: no terminal is made for a run";
  if (UNKNOWN_USER.test(said)) return `make the user ${become.user} first`;
  if (/account validation failure|account.*(locked|expired)/i.test(said))
    return 'the account is locked or expired: chage -l shows it';
  return `check that sudo lets the login user become ${become.user} (sudo -l on the host)`;
}

function readyFor(prompt: string): string {
  return `${prompt} ready`;
}
