import {
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { expect } from 'chai';
import { LockedError, startAgent, type Agent } from '../../src/agent/agent.js';
import type { Step } from '../../src/agent/step.js';
import {
  cut,
  processesWith,
  run,
  SHELLS,
  tappedConnection,
  temporaryFolder,
  uniqueSeconds,
  waitFor,
} from './support.js';

const STATE = '/var/lib/provision';

// The agent's places are the machine's own: nothing else here may work on it at the same time.
for (const shell of SHELLS) {
  describe(`the lock of a host, under ${shell}`, () => {
    const opened: { agent: Agent; drop: () => void }[] = [];

    before(function () {
      if (process.getuid?.() !== 0) this.skip();
    });
    afterEach(async () => {
      for (const { agent, drop } of opened.splice(0)) {
        await agent.close();
        drop();
      }
    });

    async function start(): Promise<{ agent: Agent; drop: () => void }> {
      const { connection, channels } = tappedConnection();
      const agent = await startAgent(connection, { host: 'h1', shell });
      const one = { agent, drop: () => cut(channels[0]!) };
      opened.push(one);
      return one;
    }
    const take = (agent: Agent, holder: string): Promise<unknown> =>
      agent.request(
        { lock: { holder }, steps: [{ kind: 'run', argv: ['echo', 'mine'] }], queries: [] },
        { timeout: 10 },
      );
    async function refused(agent: Agent, holder: string): Promise<LockedError> {
      return take(agent, holder).then(
        () => expect.fail('taken'),
        (error: unknown) => {
          expect(error).to.be.instanceOf(LockedError);
          return error as LockedError;
        },
      );
    }

    it('is refused to another run, which learns who holds it; nothing of its request is done', async () => {
      const [one, two] = [await start(), await start()];
      await take(one.agent, "anna@desk  pid 7\n'since' 10:00");
      const error = await refused(two.agent, 'ben');
      expect(error.holder).to.equal("anna@desk pid 7\\n'since' 10:00");
      expect(error.message).to.include('another run works on the host: anna@desk pid 7');
      expect(error.host).to.equal('h1');
      expect(one.agent.counters.roundTrips).to.equal(1);
      await run(two.agent, { kind: 'run', argv: ['true'] });
      await one.agent.close();
      await take(two.agent, 'ben');
    });

    it('is granted to the run that holds it', async () => {
      const [one, two] = [await start(), await start()];
      await take(one.agent, 'anna');
      await take(one.agent, 'anna');
      await take(two.agent, 'anna');
    });

    it('is not kept by what a step left running', async () => {
      const seconds = uniqueSeconds();
      const [one, two] = [await start(), await start()];
      await take(one.agent, 'anna');
      const leave = { kind: 'script', code: `sleep ${seconds} & setsid sleep ${seconds} &` } as const;
      await run(one.agent, leave, { ...leave, uninterruptible: true });
      await one.agent.close();
      await take(two.agent, 'ben');
      await run(two.agent, { kind: 'run', argv: ['pkill', '-f', `sleep ${seconds}`], ok: [0, 1] });
    });

    it('stays while something that must not be interrupted goes on, and goes with it', async () => {
      const seconds = '1.5';
      const [one, two] = [await start(), await start()];
      await take(one.agent, 'anna');
      const marker = `provision-lock-${uniqueSeconds()}`;
      const step = {
        kind: 'run',
        argv: ['sh', '-c', `sleep ${seconds}; :`, marker],
        uninterruptible: true,
      } as const;
      const lost = one.agent.request({ steps: [step], queries: [] }).catch(() => undefined);
      await waitFor('it runs', () => processesWith(marker).length > 0);
      one.drop();
      await refused(two.agent, 'ben');
      await waitFor('it ended', () => processesWith(marker).length === 0);
      await new Promise((resolve) => setTimeout(resolve, 200));
      await take(two.agent, 'ben');
      await lost;
    });
  });

  describe(`the lock of an account without a home, under ${shell}`, () => {
    const UID = 54_322;
    const opened: Agent[] = [];
    const files = (): string[] =>
      readdirSync('/tmp')
        .filter((name) => name.startsWith(`provision-${UID}.lock`))
        .map((name) => `/tmp/${name}`);
    const clean = (): void => files().forEach((file) => rmSync(file));

    before(function () {
      if (process.getuid?.() !== 0) this.skip();
      clean();
    });
    afterEach(async () => {
      for (const agent of opened.splice(0)) await agent.close();
      clean();
    });

    async function takeAs(holder: string): Promise<Agent> {
      const user = `setpriv --reuid ${UID} --regid ${UID} --clear-groups env HOME=/nonexistent`;
      const agent = await startAgent(tappedConnection().connection, {
        host: 'h1',
        shell: `${user} ${shell}`,
      });
      opened.push(agent);
      await agent.request({ lock: { holder }, steps: [], queries: [] }, { timeout: 10 });
      return agent;
    }
    const held = async (holder: string): Promise<LockedError> =>
      takeAs(holder).then(
        () => expect.fail('taken'),
        (error: unknown) => error as LockedError,
      );

    it('is held, and is taken again in the same file', async () => {
      const agent = await takeAs('anna');
      expect((await held('ben')).holder).to.equal('anna');
      const before = files();
      expect(before).to.have.length(1);
      await agent.close();
      await takeAs('ben');
      expect(files()).to.deep.equal(before);
    });

    it('is not kept from it by a file or a link that somebody else has made under its names', async () => {
      writeFileSync(`/tmp/provision-${UID}.lock`, 'theirs');
      writeFileSync(`/tmp/provision-${UID}.lock.AAAAAA`, 'theirs', { mode: 0o666 });
      symlinkSync('/etc/hostname', `/tmp/provision-${UID}.lock.000000`);
      await takeAs('anna');
      expect((await held('ben')).holder).to.equal('anna');
      expect(readFileSync(`/tmp/provision-${UID}.lock.AAAAAA`, 'utf8')).to.equal('theirs');
    });
  });

  describe(`notes for pending handlers, under ${shell}`, () => {
    const folder = temporaryFolder();
    const names = [
      'nginx : reload nginx',
      "it's\na \\ name",
      'é☃ %41',
      'n'.repeat(300),
      `${'n'.repeat(300)}2`,
    ];
    let agent: Agent;

    before(async function () {
      if (process.getuid?.() !== 0) this.skip();
      agent = await startAgent(tappedConnection().connection, { host: 'h1', shell });
    });
    after(() => agent?.close());
    const pending = async (): Promise<readonly string[]> =>
      (await agent.request({ steps: [], queries: [{ kind: 'markers' }] })).answers.get<'markers'>({
        kind: 'markers',
      }).markers;

    it('are on the disk before the first step, and gone with the request that clears them', async () => {
      expect(await pending()).to.deep.equal([]);
      const look = { kind: 'run', argv: ['ls', `${STATE}/pending`] } as const;
      const { outputs } = await agent.request({ mark: names, steps: [look], queries: [] });
      expect(outputs[0]?.stdout.split('\n')).to.have.length(names.length + 1);
      expect([...(await pending())].sort()).to.deep.equal([...names].sort());
      const failing = {
        clear: names.slice(0, 1),
        steps: [{ kind: 'run', argv: ['false'] }],
        queries: [],
      } as const;
      expect((await agent.request(failing)).failed).to.equal(0);
      expect(await pending()).to.have.length(names.length);
      const done = await agent.request({ clear: names, steps: [], queries: [{ kind: 'markers' }] });
      expect(done.answers.get<'markers'>({ kind: 'markers' }).markers).to.deep.equal([]);
    });

    it('are gone with a file that was refused, unless they were there before', async () => {
      const refused = {
        kind: 'write',
        path: `${folder.path}/refused`,
        content: Buffer.from('x'),
        validate: ['false'],
      } as const;
      const fails = async (mark: readonly string[], steps: readonly Step[]): Promise<void> => {
        expect((await agent.request({ mark, steps, queries: [] })).failed).to.equal(steps.length - 1);
      };
      await agent.request({ mark: ['before'], steps: [], queries: [] });
      await fails(['before', 'new'], [refused]);
      expect(await pending()).to.deep.equal(['before']);
      // What a program did before it failed, or an earlier step, nobody knows.
      await fails(['new'], [{ kind: 'run', argv: ['false'] }]);
      await fails(['newer'], [{ kind: 'run', argv: ['true'] }, refused]);
      expect([...(await pending())].sort()).to.deep.equal(['before', 'new', 'newer']);
      await agent.request({ clear: ['before', 'new', 'newer'], steps: [], queries: [] });
    });

    it('stay when some files of a folder got into place and another could not', async () => {
      const write = (name: string): Step => ({
        kind: 'write',
        path: `${folder.path}/${name}`,
        content: Buffer.from('x'),
        mode: 0o644,
      });
      mkdirSync(`${folder.path}/taken`);
      const ran = await agent.request({
        mark: ['due'],
        steps: [write('one'), write('taken'), write('two')],
        queries: [],
      });
      expect(ran.failed).to.equal(0);
      expect(ran.outputs[0]?.stderr).to.match(/taken/);
      expect(existsSync(`${folder.path}/one`)).to.equal(true);
      expect(await pending()).to.deep.equal(['due']);
      // A folder that is not there refuses all of them.
      const none = await agent.request({
        mark: ['not due'],
        steps: [write('none/one'), write('none/two')],
        queries: [],
      });
      expect(none.failed).to.equal(0);
      expect(await pending()).to.deep.equal(['due']);
      await agent.request({ clear: ['due'], steps: [], queries: [] });
      for (const name of ['one', 'two', 'taken'])
        rmSync(`${folder.path}/${name}`, { recursive: true, force: true });
    });

    it('do not let a step run when they cannot be written', async () => {
      const hidden = `${STATE}/pending`;
      rmSync(hidden, { recursive: true, force: true });
      mkdirSync(STATE, { recursive: true });
      await agent.request({
        steps: [{ kind: 'write', path: hidden, content: Buffer.from('') }],
        queries: [],
      });
      try {
        const step = { kind: 'run', argv: ['touch', `${folder.path}/no`] } as const;
        const error = await agent.request({ mark: ['a'], steps: [step], queries: [] }).then(
          () => expect.fail('it ran'),
          (one: unknown) => one as Error & { detail: string[] },
        );
        expect(error.message).to.equal('the note for a pending handler could not be written');
        expect(error.detail.join()).to.include('pending');
        expect(readdirSync(folder.path)).to.deep.equal([]);
      } finally {
        rmSync(hidden);
      }
    });

    it('leave out one that a crash cut off', async () => {
      mkdirSync(`${STATE}/pending`, { recursive: true });
      await agent.request({
        steps: [{ kind: 'write', path: `${STATE}/pending/x`, content: Buffer.from('') }],
        queries: [],
      });
      expect(await pending()).to.deep.equal([]);
      rmSync(`${STATE}/pending/x`);
      expect(
        existsSync('/run/provision.lock') ? readFileSync('/run/provision.lock', 'utf8') : '',
      ).to.not.include('x');
    });
  });
}
