import { TaskError } from '../errors.js';
import type { Channel } from '../transport/connection.js';
import type { Exchange } from './exchange.js';
import { quote } from './quote.js';

/** Work as another user than the one who logged in, by sudo(8). */
export interface Become {
  readonly user: string;
  /** written to sudo's stdin when it asks, and nowhere else */
  readonly password?: string;
}

/** The command that starts a shell as somebody. With a password sudo prompts on stderr with a text nobody else prints. */
export function becomeCommand(command: string, become: Become | undefined, nonce: string): string {
  if (!become) return `exec ${command}`;
  const how = become.password === undefined ? '-n' : `-S -p ${quote(promptOf(nonce))}`;
  return `exec sudo ${how} -H -u ${quote(become.user)} -- ${command}`;
}

/** Why a channel that ended before the agent said hello did so. */
export function becomeFailure(
  become: Become | undefined,
  code: number | null,
  stderr: string,
): TaskError | undefined {
  if (!become) return undefined;
  const words = stderr
    .trim()
    .split('\n')
    .filter((line) => line !== '');
  const said = words.at(-1) ?? `exit code ${code ?? 'unknown'}`;
  const hint = /password is required|no password was provided/.test(stderr)
    ? "give sudo's password with -K or ansible_become_password, or allow NOPASSWD for the login user"
    : /not found/.test(stderr)
      ? 'install sudo on the host, or log in as the user itself'
      : /incorrect password|Sorry, try again/.test(stderr)
        ? 'the password is wrong'
        : `check that sudo lets the login user become ${become.user}`;
  return new TaskError(`become ${become.user} failed: ${said}`, { detail: words.slice(0, -1), hint });
}

/**
 * Wait until sudo prompts, then send the password, then the agent's program. Without a prompt (NOPASSWD, a fresh
 * timestamp) the shell waits for its first line at once, so a short silence means that no password is wanted.
 */
export async function givePassword(given: {
  channel: Channel;
  exchange: Exchange;
  become: Become;
  nonce: string;
  hello: Buffer;
}): Promise<void> {
  const { channel, exchange, become, nonce, hello } = given;
  const prompt = promptOf(nonce);
  const asked = await waitForPrompt(channel, prompt);
  if (asked) exchange.write(Buffer.from(`${become.password ?? ''}\n`));
  exchange.write(hello);
}

/** ms; sudo prompts within a few ms once it runs, the rest is the way there and back */
const SILENCE = 3000;

function waitForPrompt(channel: Channel, prompt: string): Promise<boolean> {
  return new Promise((resolve) => {
    let said = '';
    const done = (asked: boolean): void => {
      clearTimeout(timer);
      channel.stderr.off('data', listen);
      channel.stdout.off('data', hear);
      resolve(asked);
    };
    const listen = (chunk: Buffer): void => {
      said += chunk.toString('latin1');
      if (said.includes(prompt)) done(true);
    };
    const hear = (): void => done(false);
    const timer = setTimeout(() => done(false), SILENCE);
    channel.stderr.on('data', listen);
    channel.stdout.on('data', hear);
    void channel.exit.finally(() => done(false));
  });
}

function promptOf(nonce: string): string {
  return `[sudo ${nonce}]`;
}
