import { execFileSync } from 'node:child_process';
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { startAgent, type AgentOptions } from '../../src/agent/agent.js';
import { becomeFailure } from '../../src/agent/become.js';
import { MissingPrerequisiteError, TaskError } from '../../src/errors.js';
import type { Connection } from '../../src/transport/connection.js';
import { connect } from '../../src/transport/connect.js';
import { canStartSshd, startSshd, type Sshd } from '../transport/sshd.js';
import { processesWith, run, uniqueSeconds, waitFor } from './support.js';

const PREFIX = '/etc/sudoers.d/provision-test';

describe('become', () => {
  let sshd: Sshd;
  let connection: Connection;

  before(async function () {
    this.timeout(30_000);
    if (!canStartSshd() || !existsSync('/usr/bin/sudo') || !existsSync('/etc/sudoers.d')) this.skip();
    sshd = await startSshd();
    connection = await connect(sshd.target());
  });
  after(async () => {
    rmSync(PREFIX, { force: true });
    if (!(sshd as Sshd | undefined)) return;
    connection.close();
    await sshd.stop();
  });
  beforeEach(() => allow(''));

  /** What sudo lets the login user do, with an empty slate of remembered passwords. */
  function allow(rules: string): void {
    writeFileSync(
      PREFIX,
      `${rules.replaceAll('USER', sshd.user)}\nDefaults:${sshd.user} timestamp_timeout=0, passwd_tries=3\n`,
      { mode: 0o440 },
    );
    execFileSync('visudo', ['-cqf', PREFIX]);
  }
  async function whoami(become: NonNullable<AgentOptions['become']>): Promise<string> {
    const agent = await startAgent(connection, { host: 'web1', become });
    const [output] = await run(agent, {
      kind: 'script',
      code: 'echo "$(id -un) $HOME $(pwd)"; cat',
      stdin: 'in',
    });
    expect(agent.counters.roundTrips).to.equal(1);
    await agent.close();
    return output!.stdout;
  }
  async function refusal(become: NonNullable<AgentOptions['become']>): Promise<TaskError> {
    const agent = await startAgent(connection, { host: 'web1', become });
    const error = await agent.request({ steps: [{ kind: 'run', argv: ['id'] }], queries: [] }).then(
      ({ outputs }) => expect.fail(JSON.stringify(outputs)),
      (one: unknown) => one as TaskError,
    );
    expect(error).to.be.instanceOf(TaskError);
    expect(agent.lost).to.equal(true);
    return error;
  }

  it('works without a password where sudo asks for none', async () => {
    allow('USER ALL=(ALL) NOPASSWD: ALL');
    expect(await whoami({ user: 'root' })).to.equal('root /root /\nin');
    expect(await whoami({ user: 'nobody' })).to.match(/^nobody \/nonexistent \/\nin$/);
  });

  it('works with a password, and with one that nobody asks for', async () => {
    allow('USER ALL=(ALL) ALL');
    expect(await whoami({ user: 'root', password: sshd.password })).to.equal('root /root /\nin');
    allow('USER ALL=(ALL) NOPASSWD: ALL');
    const began = Date.now();
    expect(await whoami({ user: 'root', password: sshd.password })).to.equal('root /root /\nin');
    expect(Date.now() - began).to.be.lessThan(2000);
  });

  it('works where sudo makes a terminal of its own', async () => {
    allow('USER ALL=(ALL) ALL\nDefaults:USER use_pty');
    expect(await whoami({ user: 'root', password: sshd.password })).to.equal('root /root /\nin');
  });

  it('refused: a password is needed', async () => {
    allow('USER ALL=(ALL) ALL');
    const error = await refusal({ user: 'root' });
    expect(error.message).to.equal('become root failed: sudo: a password is required');
    expect(error.hint).to.include('-K').and.include('NOPASSWD');
  });

  it('refused: the password is wrong; it is tried once', async () => {
    allow('USER ALL=(ALL) ALL');
    const error = await refusal({ user: 'root', password: 'wrong' });
    expect(error.message).to.match(/^become root failed: sudo: .*1 incorrect password attempt/);
    expect(error.hint).to.equal('the password for sudo is wrong');
    expect(JSON.stringify(error.detail)).to.include('try again').and.not.include('[sudo ');
  });

  it('refused: not in sudoers, no such user, a terminal is wanted', async () => {
    const notAllowed = await refusal({ user: 'root', password: sshd.password });
    expect(notAllowed.message).to.match(/^become root failed: .*not (in the sudoers file|allowed)/);
    expect(notAllowed.hint).to.include('sudo -l');
    allow('USER ALL=(ALL) NOPASSWD: ALL');
    const unknown = await refusal({ user: 'no-such-user' });
    expect(unknown.message).to.include('no-such-user');
    expect(unknown.hint).to.equal('make the user no-such-user first');
    allow('USER ALL=(ALL) NOPASSWD: ALL\nDefaults:USER requiretty');
    const tty = await refusal({ user: 'root' });
    expect(tty.message).to.include('tty');
    expect(tty.hint).to.include('requiretty');
  });

  it('refused: no sudo on the host', async () => {
    const without: Connection = {
      ...connection,
      exec: (command) => connection.exec(command.replace('exec sudo', 'PATH=/nowhere; exec sudo')),
    };
    const agent = await startAgent(without, { host: 'web1', become: { user: 'root' } });
    const error = await agent.request({ steps: [], queries: [] }).then(
      () => expect.fail('started'),
      (one: unknown) => one as TaskError,
    );
    expect(error.message).to.match(/^become root failed: .*sudo: .*not found$/);
    expect(error.hint).to.include('install sudo');
  });

  it('keeps the password out of command lines, environments and files', async () => {
    allow('USER ALL=(ALL) ALL');
    const agent = await startAgent(connection, {
      host: 'web1',
      become: { user: 'root', password: sshd.password },
    });
    const look = `for one in /proc/[0-9]*; do tr '\\0' '\\n' <$one/cmdline; tr '\\0' '\\n' <$one/environ; done 2>/dev/null | grep -c "pass .word"; true`;
    const [output] = await run(agent, { kind: 'script', code: look });
    expect(output?.stdout.trim()).to.match(/^[01]$/);
    await agent.close();
  });

  for (const pty of ['', '\nDefaults:USER use_pty']) {
    it(`what sudo started ends with the link, unless it must not be interrupted${pty === '' ? '' : ' (use_pty)'}`, async () => {
      allow(`USER ALL=(ALL) NOPASSWD: ALL${pty}`);
      const log = join(sshd.folder, `log-${uniqueSeconds()}`);
      const [kept, ended] = [uniqueSeconds(), uniqueSeconds()];
      const links = [await connect(sshd.target()), await connect(sshd.target())];
      const agents = await Promise.all(
        links.map((link) => startAgent(link, { host: 'web1', become: { user: 'root' } })),
      );
      const code = 'for n in 1 2 3 4 5 6; do echo "$n"; echo "$n" >&2; sleep 0.2; done; echo done >"$1"';
      const lost = [
        agents[0]!.request({
          steps: [{ kind: 'script', code, args: [log, kept], uninterruptible: true }],
          queries: [],
        }),
        agents[1]!.request({ steps: [{ kind: 'run', argv: ['sleep', ended] }], queries: [] }),
      ].map((one) => one.catch((error: unknown) => String(error)));
      await waitFor('it runs', () => processesWith(ended).length > 0);
      await new Promise((resolve) => setTimeout(resolve, 300));
      for (const link of links) link.close();
      await Promise.all(lost);
      await waitFor('the one ended', () => processesWith(ended).length === 0);
      expect(existsSync(log)).to.equal(false);
      await waitFor('the other is done', () => existsSync(log));
    });
  }
});

describe('what sudo-rs says', () => {
  const prompt = '[sudo abc]';
  const asks = `[sudo: ${prompt}] Password: `;
  const failure = (said: string, password?: string): TaskError =>
    becomeFailure({ user: 'root', ...(password === undefined ? {} : { password }) }, 1, said, prompt);

  it('of a wrong password, of one that it needs, and of a user that there is not', () => {
    const wrong = failure(`${asks}\nsudo: Authentication failed, try again.\n${asks}`, 'x');
    expect([wrong.message, wrong.hint]).to.deep.equal([
      'become root failed: sudo: Authentication failed, try again.',
      'the password for sudo is wrong',
    ]);
    expect(failure('sudo-rs: interactive authentication is required\n').hint).to.match(
      /^give sudo's password/,
    );
    // In a dry run an earlier task may be the one that makes it.
    expect(failure("sudo-rs: user 'app' not found\n")).to.be.instanceOf(MissingPrerequisiteError);
    expect(failure('sudo: unknown user app\nsudo: error initializing audit plugin\n')).to.be.instanceOf(
      MissingPrerequisiteError,
    );
  });
});
