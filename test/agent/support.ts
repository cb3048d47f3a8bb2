import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startAgent, type Agent } from '../../src/agent/agent.js';
import type { AnswerOf, Query } from '../../src/agent/query.js';
import type { Step, StepOutput } from '../../src/agent/step.js';
import type { Channel, Connection } from '../../src/transport/connection.js';
import { connectLocal } from '../../src/transport/local.js';

/** The shells that the agent has to run under, those of them that this machine has. */
export const SHELLS = ['dash', 'bash', 'bash --posix', 'busybox sh'].filter((shell) => {
  try {
    execFileSync('/bin/sh', ['-c', `${shell} -c true`], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
});

/** One `describe` for each shell, with an agent of its own. */
export function underEachShell(title: string, body: (host: { agent: Agent; shell: string }) => void): void {
  for (const shell of SHELLS) {
    describe(`${title}, under ${shell}`, () => {
      const host = { agent: undefined as unknown as Agent, shell };
      before(async () => {
        host.agent = await startAgent(connectLocal(), { host: 'h1', shell });
      });
      after(() => host.agent.close());
      body(host);
    });
  }
}

/** Run steps that must succeed. */
export async function run(agent: Agent, ...steps: Step[]): Promise<readonly StepOutput[]> {
  const { outputs, failed } = await agent.request({ steps, queries: [] }, { timeout: 15 });
  if (failed !== undefined) throw new Error(JSON.stringify(outputs[failed]));
  return outputs;
}

/** Run steps of which one must fail; what that one left behind. */
export async function runFailing(agent: Agent, ...steps: Step[]): Promise<StepOutput> {
  const { outputs, failed } = await agent.request({ steps, queries: [] }, { timeout: 15 });
  if (failed === undefined) throw new Error('no step failed');
  return outputs[failed]!;
}

export async function ask<K extends Query['kind']>(
  agent: Agent,
  ...queries: Extract<Query, { kind: K }>[]
): Promise<AnswerOf[K][]> {
  const { answers } = await agent.request({ steps: [], queries }, { timeout: 15 });
  return queries.map((query) => answers.get<K>(query));
}

/** A folder that is removed after each test. */
export function temporaryFolder(): { readonly path: string } {
  const folder = { path: '' };
  beforeEach(() => {
    folder.path = mkdtempSync(join(tmpdir(), 'agent-'));
  });
  afterEach(() => rmSync(folder.path, { recursive: true, force: true }));
  return folder;
}

/** A connection to this machine whose channels can be looked at and cut off as a lost link cuts them off. */
export function tappedConnection(): { connection: Connection; channels: Channel[]; commands: string[] } {
  const local = connectLocal();
  const channels: Channel[] = [];
  const commands: string[] = [];
  return {
    channels,
    commands,
    connection: {
      closed: local.closed,
      close: () => local.close(),
      async exec(command) {
        commands.push(command);
        const channel = await local.exec(command);
        channels.push(channel);
        return channel;
      },
    },
  };
}

/** The link is gone: nothing comes in, nothing goes out. */
export function cut(channel: Channel): void {
  channel.stdin.destroy();
  channel.stdout.destroy();
  channel.stderr.destroy();
}

/** Command lines of the living processes that have a text in theirs. */
export function processesWith(text: string): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .flatMap((pid) => {
      try {
        const line = readFileSync(`/proc/${pid}/cmdline`, 'latin1').replaceAll('\0', ' ');
        const dead = /\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'latin1'));
        return line.includes(text) && !dead ? [line] : [];
      } catch {
        return [];
      }
    });
}

export async function waitFor(what: string, holds: () => boolean, seconds = 10): Promise<void> {
  const until = Date.now() + seconds * 1000;
  while (!holds()) {
    if (Date.now() > until) throw new Error(`waited ${seconds} s in vain: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** A number that no other process has in its command line: for `sleep`. */
export function uniqueSeconds(): string {
  return `${1000 + Math.floor(Math.random() * 1e6)}.${Math.floor(Math.random() * 1e6)}`;
}
