import type { AnyAuthMethod } from 'ssh2';
import { messageOf } from '../errors.js';
import type { ConnectOptions } from './connect.js';
import { narrowAgent } from './narrow-agent.js';
import { asksForPassword, askedText, type Prompt } from './password-prompt.js';
import type { LoginMethod, SshTarget } from './target.js';
import { certificateBeside, readUserKey } from './user-key.js';

/** A way to log in that was offered to the host, or could not be. */
export interface Tried {
  readonly what: string;
  readonly problem?: string;
}

type Next = (method: AnyAuthMethod | false) => void;

/** The methods in order: keys of the ssh-agent, key files, password. Each is prepared when its turn comes. */
export function authMethods(
  target: SshTarget,
  options: ConnectOptions,
  tried: Tried[],
): (left: string[] | null, partial: boolean | null, next: Next) => void {
  const waiting = allowed(methodsFor(target, options, tried), target);
  return (left, _partial, next) => {
    void offer();

    async function offer(): Promise<void> {
      for (;;) {
        const method = waiting.shift();
        if (!method) {
          next(false);
          return;
        }
        // `left` is what the host still takes; before the first attempt it is not known.
        if (left && !left.includes(method.kind)) continue;
        try {
          const prepared = await method.prepare();
          tried.push({ what: method.what });
          next(prepared);
          return;
        } catch (error) {
          tried.push({ what: method.what, problem: messageOf(error).replace(`${method.what} `, 'it ') });
        }
      }
    }
  };
}

interface Method {
  readonly what: string;
  readonly kind: LoginMethod;
  prepare(): Promise<AnyAuthMethod>;
}

/** What the options leave, in their order. What they leave out keeps its turn, to say so when nothing else works. */
function allowed(methods: readonly Method[], { methods: limits }: SshTarget): Method[] {
  if (limits === undefined) return [...methods];
  const rank = ({ kind }: Method): number => {
    const at = limits.kinds.indexOf(kind);
    return at < 0 ? limits.kinds.length : at;
  };
  return methods
    .map((method): Method =>
      limits.kinds.includes(method.kind)
        ? method
        : { ...method, prepare: () => Promise.reject(new Error(`left out by ${limits.said}`)) },
    )
    .sort((one, other) => rank(one) - rank(other));
}

function methodsFor(target: SshTarget, options: ConnectOptions, tried: Tried[]): Method[] {
  const { user: username, agentSocket, password } = target;
  return [
    ...(agentSocket === undefined
      ? []
      : [
          {
            what: 'the keys of the ssh-agent',
            kind: 'publickey' as const,
            prepare: () =>
              Promise.resolve<AnyAuthMethod>({
                type: 'agent',
                username,
                agent: narrowAgent(agentSocket, target),
              }),
          },
        ]),
    ...target.privateKeyFiles.map((file): Method => ({
      what: file,
      kind: 'publickey',
      prepare: async () => {
        const key = await readUserKey(file, target, options);
        const certificate = certificateBeside(file);
        if (certificate !== undefined)
          tried.push({ what: certificate, problem: 'certificates are not supported, so it is not shown' });
        return { type: 'publickey', username, key };
      },
    })),
    ...(password === undefined
      ? []
      : [
          {
            what: 'the password',
            kind: 'password' as const,
            prepare: () => Promise.resolve<AnyAuthMethod>({ type: 'password', username, password }),
          },
          {
            what: 'the password (keyboard-interactive)',
            kind: 'keyboard-interactive' as const,
            prepare: () => Promise.resolve(answering(username, password, tried)),
          },
        ]),
  ];
}

/** The password goes to a prompt that asks for one, once. Anything else that a host asks is not answered, and shown. */
function answering(username: string, password: string, tried: Tried[]): AnyAuthMethod {
  let given = false;
  return {
    type: 'keyboard-interactive',
    username,
    prompt: (_name, _instructions, _lang, prompts: readonly Prompt[], finish) => {
      if (!given && asksForPassword(prompts)) {
        given = true;
        finish([password]);
        return;
      }
      tried.push({
        what: 'keyboard-interactive',
        problem: given
          ? `the host asks again: ${askedText(prompts)}`
          : `the host asks for something else than the password, which is not given to it: ${askedText(prompts)}`,
      });
      // Fewer answers than prompts: the host has to refuse.
      finish([]);
    },
  };
}
