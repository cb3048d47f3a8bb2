import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { Answers } from '../../src/agent/query.js';
import type { ScriptStep } from '../../src/agent/step.js';
import { guardQueries } from '../../src/resources/command/guards.js';
import { probe as probeCommand, probeResult } from '../../src/resources/command.js';
import { probe, shell, type ShellParams } from '../../src/resources/shell.js';
import { runScript } from './run-script.js';

describe('shell', () => {
  let folder = '';
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'shell-'))));
  afterEach(() => rmSync(folder, { recursive: true }));

  const stepOf = (params: ShellParams): ScriptStep =>
    shell.apply({ ...params }, [], new Answers(new Map()))[0] as ScriptStep;

  it('gives another interpreter its script beside standard input', async () => {
    const step = stepOf({
      cmd: 'x=(one two)\nread -r line\nprintf "%s|" "${x[1]}" "$line" \'$HOME\'\nexit 4',
      executable: '/bin/bash',
      stdin: 'from outside',
    });
    expect(await runScript(step)).to.deep.equal({ rc: 4, stdout: 'two|from outside|$HOME|', stderr: '' });
  });

  it('asks the same in a folder without touching the positional parameters', async () => {
    const query = probe({ cmd: 'pwd; echo "$#"', chdir: folder })!;
    expect((await runScript(query)).stdout).to.equal(`${folder}\n0\n`);
    expect((await runScript(probe({ cmd: 'echo no', chdir: join(folder, 'none') })!)).rc).not.to.equal(0);
  });

  it('does not ask what creates or removes must decide', () => {
    expect(probe({ cmd: 'x', creates: '/x' })).to.equal(undefined);
    expect(probeCommand({ cmd: 'x', removes: '/x' })).to.equal(undefined);
  });

  it('finds what a glob matches, blanks and dangling links too', async () => {
    const exists = async (creates: string): Promise<boolean> => {
      const [query] = guardQueries({ chdir: `${folder}/`, creates });
      if (query?.kind !== 'script') throw new Error('a glob is asked with a script');
      return (await runScript(query)).rc === 0;
    };
    writeFileSync(join(folder, 'a b.txt'), '');
    expect(await exists('a b.t*')).to.equal(true);
    expect(await exists('[ab] b.txt')).to.equal(true);
    expect(await exists('b*')).to.equal(false);
  });
});

describe('command', () => {
  it('asks with the same words, folder and input', () => {
    const params = { cmd: `psql -c 'select 1'`, chdir: '/srv', stdin: 'x' };
    const query = probeCommand(params);
    expect(query).to.deep.equal({
      kind: 'command',
      argv: ['psql', '-c', 'select 1'],
      cwd: '/srv',
      stdin: 'x\n',
    });
    expect(probeResult(params, { rc: 1, stdout: 'a\r\nb\n', stderr: '' })).to.deep.equal({
      cmd: ['psql', '-c', 'select 1'],
      rc: 1,
      stdout: 'a\r\nb',
      stderr: '',
      stdout_lines: ['a', 'b'],
      stderr_lines: [],
    });
  });
});
