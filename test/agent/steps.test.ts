import { readFileSync, readdirSync } from 'node:fs';
import { expect } from 'chai';
import { startAgent } from '../../src/agent/agent.js';
import { TaskError } from '../../src/errors.js';
import { cut, run, runFailing, tappedConnection, temporaryFolder, underEachShell } from './support.js';

underEachShell('steps', (host) => {
  const folder = temporaryFolder();

  it('run a program with exactly these arguments', async () => {
    const words = ['', ' ', "it's", '"$HOME"', '`id`', '*', '-n', 'a\nb', '\\', 'é☃', '!x', '~'];
    const [output] = await run(host.agent, { kind: 'run', argv: ['printf', '%s|', ...words] });
    expect(output).to.deep.equal({ rc: 0, stdout: words.map((word) => `${word}|`).join(''), stderr: '' });
  });

  it('keep the two streams apart, and what is printed as it is', async () => {
    const code = 'printf "out\\n\\n"; printf "err" >&2; printf "\\001\\000\\377"';
    const [first, second] = await run(
      host.agent,
      { kind: 'script', code },
      { kind: 'run', argv: ['echo', 'next'] },
    );
    expect(first?.stdout).to.equal('out\n\n\u0001\u0000\ufffd');
    expect(first?.stderr).to.equal('err');
    expect(second?.stdout).to.equal('next\n');
  });

  it('stop at the first that fails, and say which', async () => {
    const response = await host.agent.request({
      steps: [
        { kind: 'run', argv: ['true'] },
        { kind: 'script', code: 'echo why >&2; exit 3' },
        { kind: 'run', argv: ['touch', `${folder.path}/no`] },
      ],
      queries: [{ kind: 'file', path: '/' }],
    });
    expect(response.failed).to.equal(1);
    expect(response.outputs.map(({ rc }) => rc)).to.deep.equal([0, 3]);
    expect(response.outputs[1]?.stderr).to.equal('why\n');
    expect(readdirSync(folder.path)).to.deep.equal([]);
    expect(response.answers.has({ kind: 'file', path: '/' })).to.equal(false);
  });

  it('know which exit codes are success', async () => {
    const [output] = await run(host.agent, { kind: 'script', code: 'exit 7', ok: [0, 7] });
    expect(output?.rc).to.equal(7);
    expect((await runFailing(host.agent, { kind: 'run', argv: ['true'], ok: [7] })).rc).to.equal(0);
    expect((await runFailing(host.agent, { kind: 'run', argv: ['true'], ok: [] })).rc).to.equal(0);
  });

  it('tell a signal from an exit code', async () => {
    const die = (signal: string): Parameters<typeof runFailing>[1] => ({
      kind: 'run',
      argv: ['sh', '-c', `echo last >&2; kill -${signal} $$`],
    });
    expect(await runFailing(host.agent, { kind: 'script', code: 'exit 137' })).to.deep.equal({
      rc: 137,
      stdout: '',
      stderr: '',
    });
    expect(await runFailing(host.agent, die('KILL'))).to.deep.include({
      rc: 137,
      signal: 'SIGKILL',
      stderr: 'last\n',
    });
    expect(await runFailing(host.agent, die('TERM'))).to.deep.include({
      rc: 143,
      signal: 'SIGTERM',
      stderr: 'last\n',
    });
    expect(await runFailing(host.agent, die('SEGV'))).to.deep.include({
      rc: 139,
      signal: 'SIGSEGV',
      stderr: 'last\n',
    });
    const fed = await runFailing(host.agent, { ...die('KILL'), stdin: 'top secret' } as Parameters<
      typeof runFailing
    >[1]);
    expect(fed).to.deep.include({ rc: 137, signal: 'SIGKILL', stderr: 'last\n' });
  });

  it('give a program its standard input, folder and environment', async () => {
    const [output] = await run(host.agent, {
      kind: 'script',
      code: 'pwd; echo "$WORD"; cat',
      stdin: "two lines\nand ' a quote\n",
      cwd: folder.path,
      env: { WORD: "it's $HOME" },
    });
    expect(output?.stdout).to.equal(`${folder.path}\nit's $HOME\ntwo lines\nand ' a quote\n`);
  });

  it('have an empty standard input, a known folder, locale and path otherwise', async () => {
    const [output] = await run(host.agent, {
      kind: 'script',
      code: 'cat; pwd; umask; echo "$LC_ALL"; command -v chpasswd',
    });
    expect(output?.stdout).to.match(/^\/\n0022\nC\.UTF-8\n\/.*chpasswd\n$/);
  });

  it('refuse a variable that cannot be one', async () => {
    const step = { kind: 'run', argv: ['true'], env: { 'A B': '1' } } as const;
    await host.agent.request({ steps: [step], queries: [] }).then(
      () => expect.fail('accepted'),
      (error: unknown) =>
        expect(error).to.be.instanceOf(TaskError).with.property('message').that.includes('"A B"'),
    );
  });

  it('say that a program or a folder is not there', async () => {
    expect(await runFailing(host.agent, { kind: 'run', argv: ['no-such-program'] })).to.have.property(
      'rc',
      127,
    );
    const lost = await runFailing(host.agent, { kind: 'run', argv: ['true'], cwd: '/no/such/folder' });
    expect(lost.rc).to.not.equal(0);
    expect(lost.stderr).to.include('/no/such/folder');
  });

  it('survive a script with a syntax error, an exit and its own traps', async () => {
    expect((await runFailing(host.agent, { kind: 'script', code: 'if then' })).rc).to.not.equal(0);
    const [output] = await run(host.agent, { kind: 'script', code: 'trap "echo bye" EXIT; set -eu; exit 0' });
    expect(output?.stdout).to.equal('bye\n');
    expect((await run(host.agent, { kind: 'run', argv: ['echo', 'on'] }))[0]?.stdout).to.equal('on\n');
  });

  it('pass a script its parameters', async () => {
    const [output] = await run(host.agent, {
      kind: 'script',
      code: 'printf "%s|" "$#" "$@"',
      args: ['a b', '', "'"],
    });
    expect(output?.stdout).to.equal("3|a b||'|");
  });

  it('let another shell read the code beside standard input', async () => {
    const [output] = await run(host.agent, {
      kind: 'script',
      shell: '/bin/bash',
      code: 'words=(x "$@"); echo "${#words[@]} ${BASH_VERSION:+bash}"; cat',
      args: ['a b', 'c'],
      stdin: 'in',
    });
    expect(output?.stdout).to.equal('3 bash\nin');
  });

  it('show whole lines as they come', async () => {
    const lines: string[] = [];
    await host.agent.request(
      {
        steps: [
          {
            kind: 'script',
            code: 'printf "a\\nb"; sleep 0.05; printf "c\\r\\nprogress 1\\rprogress 2\\n"; printf "\\033[1m" >&2',
          },
          { kind: 'run', argv: ['echo', 'second'] },
        ],
        queries: [{ kind: 'file', path: '/' }],
      },
      { onLine: (step, stream, line) => lines.push(`${step} ${stream} ${line}`) },
    );
    expect(lines.filter((line) => line.includes('stdout'))).to.deep.equal([
      '0 stdout a',
      '0 stdout bc',
      '0 stdout progress 1',
      '0 stdout progress 2',
      '1 stdout second',
    ]);
    expect(lines.filter((line) => line.includes('stderr'))).to.deep.equal(['0 stderr \u001b[1m']);
  });

  it('are answered in the order in which they are asked for', async () => {
    const order: number[] = [];
    await Promise.all(
      [0.1, 0, 0.05].map((seconds, index) =>
        run(host.agent, { kind: 'run', argv: ['sleep', String(seconds)] }).then(() => order.push(index)),
      ),
    );
    expect(order).to.deep.equal([0, 1, 2]);
  });
});

underEachShell('what must not be interrupted', (host) => {
  it('keeps its streams apart and its exit code', async () => {
    const code = 'echo out; echo err >&2; exit 3';
    const output = await runFailing(host.agent, { kind: 'script', code, uninterruptible: true });
    expect(output).to.deep.equal({ rc: 3, stdout: 'out\n', stderr: 'err\n' });
    const die = { kind: 'run', argv: ['sh', '-c', 'kill -9 $$'], uninterruptible: true } as const;
    expect(await runFailing(host.agent, die)).to.deep.equal({
      rc: 137,
      signal: 'SIGKILL',
      stdout: '',
      stderr: '',
    });
  });

  it('does not wait for a daemon that keeps the output open', async () => {
    const began = Date.now();
    await run(host.agent, { kind: 'script', code: 'sleep 3 & echo started', uninterruptible: true });
    expect(Date.now() - began).to.be.lessThan(2500);
    expect((await run(host.agent, { kind: 'run', argv: ['echo', 'on'] }))[0]?.stdout).to.equal('on\n');
  });

  it('is followed by steps as usual', async () => {
    await run(host.agent, { kind: 'run', argv: ['true'], uninterruptible: true });
    const lines = await run(host.agent, { kind: 'script', code: 'echo 1; echo 2 >&2' });
    expect(lines[0]).to.deep.equal({ rc: 0, stdout: '1\n', stderr: '2\n' });
  });
});

describe('secrets', () => {
  it('are in no command line and no environment while they are used', async () => {
    const secret = 'Zebra-7171';
    const { connection, channels, commands } = tappedConnection();
    const agent = await startAgent(connection, { host: 'h1', shell: 'dash' });
    // A program of the same agent looks at every process of it while the next one has the secret on its stdin.
    const look = `cat >/dev/null; for one in /proc/[0-9]*; do tr '\\0' '\\n' <$one/cmdline; tr '\\0' '\\n' <$one/environ; done 2>/dev/null | grep -c 'Zebra.7171'; true`;
    const [output] = await run(agent, { kind: 'script', code: look, stdin: secret });
    expect(output?.stdout.trim()).to.match(/^[01]$/); // 1: grep's own pattern
    expect(commands.join('')).to.not.include(secret);
    await agent.close();
    cut(channels[0]!);
  });

  it('are not in the environment even if the login exported a variable of the same name as the agent uses', async () => {
    const { connection } = tappedConnection();
    process.env['text'] = process.env['body'] = process.env['stdin'] = 'exported';
    try {
      const agent = await startAgent(connection, { host: 'h1', shell: 'dash' });
      const [output] = await run(agent, { kind: 'run', argv: ['env'], stdin: 'Zebra' });
      expect(output?.stdout).to.not.match(/Zebra|^(text|body|stdin)=/m);
      await agent.close();
    } finally {
      for (const name of ['text', 'body', 'stdin']) Reflect.deleteProperty(process.env, name);
    }
  });

  for (const file of ['agent.sh', 'owner.sh', 'files.sh', 'places.sh']) {
    it(`${file} has no byte that is not ASCII and passes shellcheck`, async function () {
      const path = new URL(`../../src/agent/${file}`, import.meta.url).pathname;
      expect(readFileSync(path, 'latin1')).to.match(/^[\x00-\x7f]*$/);
      const { spawnSync } = await import('node:child_process');
      const result = spawnSync('shellcheck', ['-s', 'sh', path], { encoding: 'utf8' });
      if (result.error) this.skip();
      expect(result.stdout).to.equal('');
    });
  }
});
