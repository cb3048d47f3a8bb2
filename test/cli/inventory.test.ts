import { readFileSync } from 'node:fs';
import path from 'node:path';
import { PassThrough } from 'node:stream';
import { expect } from 'chai';
import { Command } from 'commander';
import { define } from '../../src/cli/inventory.js';
import type { Io } from '../../src/cli/io.js';
import { UsageError } from '../../src/errors.js';
import { createSecrets } from '../../src/variables/secrets.js';
import { failureOf, fixtures } from '../inventory/support.js';

async function run(...args: string[]): Promise<string> {
  const stdout = new PassThrough();
  const io: Io = {
    stdin: new PassThrough(),
    stdout,
    stderr: new PassThrough(),
    env: process.env,
    cwd: fixtures,
    argv: args,
    exitCode: 0,
    interrupted: new AbortController().signal,
    secrets: createSecrets(),
    killed: new AbortController().signal,
  };
  const command = new Command('inventory').exitOverride();
  define(command, io);
  await command.parseAsync(args, { from: 'user' });
  stdout.end();
  return (await stdout.toArray()).join('');
}

const golden = (file: string): string => readFileSync(path.join(fixtures, file), 'utf8');

describe('provision inventory', () => {
  it('prints what ansible-inventory prints', async () => {
    expect(await run('-i', 'yaml/hosts.yml', '--list')).to.equal(golden('yaml/list.txt'));
    expect(await run('-i', 'yaml/hosts.yml', '--graph')).to.equal(golden('yaml/graph.txt'));
    // But for the line breaks of a value: they would begin a line of the graph.
    expect(await run('-i', 'yaml/hosts.yml', '--graph', '--vars')).to.equal(
      golden('yaml/graph-vars.txt').replaceAll('two\nlines\n}', 'two\\nlines\\n}'),
    );
    expect(await run('-i', 'yaml/hosts.yml', '--host', 'web01')).to.equal(golden('yaml/host-web01.txt'));
    expect(await run('-i', 'yaml/hosts.yml', '-i', 'ini/hosts', '--list')).to.equal(
      golden('several/list.txt'),
    );
  });

  it('begins the graph at a group', async () => {
    expect(await run('-i', 'yaml/hosts.yml', '--graph', 'green')).to.equal('@green:\n  |--web01\n  |--dba\n');
  });

  it('refuses what it cannot do', async () => {
    for (const [args, message] of [
      [['-i', 'yaml/hosts.yml'], /one of --list, --host and --graph/],
      [['-i', 'yaml/hosts.yml', '--list', '--graph'], /one of/],
      [['--list'], /no inventory/],
      [['-i', 'yaml/hosts.yml', '--graph', 'grene'], /no group "grene"/],
      [['-i', 'yaml/hosts.yml', '--host', 'web'], /names 4/],
      [['-i', 'yaml/hosts.yml', '--host', 'web1'], /no host or group matches "web1"/],
      [['-i', 'gone', '--list'], /cannot be read/],
    ] as const) {
      const error = await failureOf(run(...args));
      expect(error).to.be.instanceOf(UsageError);
      expect(error.message).to.match(message);
    }
  });
});
