import { readFileSync } from 'node:fs';
import ssh2, { type AnyAuthMethod, type ParsedKey } from 'ssh2';
import { UnreachableError, messageOf } from '../errors.js';
import type { ConnectOptions } from './connect.js';
import type { SshTarget } from './target.js';

const { createAgent, utils } = ssh2;

/** A way to log in that was offered to the host, or could not be. */
export interface Tried {
  readonly what: string;
  readonly problem?: string;
}

/** Parsed keys by file; asked for once a process, however many hosts use them. */
const keys = new Map<string, Promise<ParsedKey>>();

type Next = (method: AnyAuthMethod | false) => void;

/** The methods in order: keys of the ssh-agent, key files, password. Each is prepared when its turn comes. */
export function authMethods(
  target: SshTarget,
  options: ConnectOptions,
  tried: Tried[],
): (left: string[] | null, partial: boolean | null, next: Next) => void {
  const waiting = methodsFor(target, options);
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
          tried.push({ what: method.what, problem: messageOf(error) });
        }
      }
    }
  };
}

interface Method {
  readonly what: string;
  /** as the protocol calls it */
  readonly kind: string;
  prepare(): Promise<AnyAuthMethod>;
}

function methodsFor(target: SshTarget, options: ConnectOptions): Method[] {
  const { user: username, agentSocket, password } = target;
  return [
    ...(agentSocket === undefined
      ? []
      : [
          {
            what: 'the keys of the ssh-agent',
            kind: 'publickey',
            prepare: () =>
              Promise.resolve<AnyAuthMethod>({ type: 'agent', username, agent: createAgent(agentSocket) }),
          },
        ]),
    ...target.privateKeyFiles.map((file): Method => ({
      what: file,
      kind: 'publickey',
      prepare: async () => ({ type: 'publickey', username, key: await readKey(file, options) }),
    })),
    ...(password === undefined
      ? []
      : [
          {
            what: 'the password',
            kind: 'password',
            prepare: () => Promise.resolve<AnyAuthMethod>({ type: 'password', username, password }),
          },
          {
            what: 'the password (keyboard-interactive)',
            kind: 'keyboard-interactive',
            prepare: () =>
              Promise.resolve<AnyAuthMethod>({
                type: 'keyboard-interactive',
                username,
                prompt: (_name, _instructions, _lang, prompts, finish) => finish(prompts.map(() => password)),
              }),
          },
        ]),
  ];
}

function readKey(file: string, options: ConnectOptions): Promise<ParsedKey> {
  const known = keys.get(file) ?? parseKey(file, options);
  keys.set(file, known);
  // A wrong passphrase may be right the next time.
  known.catch(() => keys.delete(file));
  return known;
}

async function parseKey(file: string, options: ConnectOptions): Promise<ParsedKey> {
  const problem = options.trust?.problemOfKey(file);
  if (problem !== undefined) throw new UnreachableError(problem);
  const text = readFileSync(file);
  const parsed = utils.parseKey(text);
  if (!(parsed instanceof Error)) return first(parsed);
  if (!/encrypted|passphrase/i.test(parsed.message))
    throw new UnreachableError(`not a private key that can be read (${parsed.message})`);
  if (!options.prompt)
    throw new UnreachableError(
      'it is encrypted and nobody can be asked for the passphrase: add it to ssh-agent',
    );
  const opened = utils.parseKey(text, await options.prompt(`Passphrase of ${file}: `));
  if (opened instanceof Error) throw new UnreachableError('the passphrase is wrong');
  return first(opened);
}

function first(parsed: ParsedKey | ParsedKey[]): ParsedKey {
  const key = Array.isArray(parsed) ? parsed[0] : parsed;
  if (!key) throw new UnreachableError('it holds no key');
  return key;
}
