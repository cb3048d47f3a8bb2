import {
  appendFileSync,
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { createHash, randomBytes } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { startAgent } from '../../src/agent/agent.js';
import { stampOf, type FileContent } from '../../src/agent/content.js';
import type { Sent } from '../../src/agent/send-content.js';
import type { WriteStep } from '../../src/agent/step.js';
import {
  ask,
  run,
  runFailing,
  tappedConnection,
  temporaryFolder,
  underEachShell,
  waitFor,
} from './support.js';

const MiB = 1024 * 1024;
const isRoot = process.getuid?.() === 0;

underEachShell('a large file of the controller', (host) => {
  const folder = temporaryFolder();
  const at = (name: string): string => join(folder.path, 'host', name);
  const source = (): string => join(folder.path, 'source');
  beforeEach(() => mkdirSync(at('')));

  function fileOf(bytes: Buffer): FileContent {
    writeFileSync(source(), bytes);
    return {
      path: source(),
      size: bytes.length,
      sha256: createHash('sha256').update(bytes).digest('hex'),
      stamp: stampOf(statSync(source(), { bigint: true })),
    };
  }
  const write = (content: FileContent, more: Partial<WriteStep> = {}): WriteStep => ({
    kind: 'write',
    path: at('f'),
    content,
    ...more,
  });

  it('gets to the host as it is, and says how far it is', async () => {
    const bytes = randomBytes(3 * MiB + 7);
    const told: Sent[] = [];
    const steps = [write(fileOf(bytes), { mode: 0o640 })];
    const { failed } = await host.agent.request({ steps, queries: [] }, { onSent: (one) => told.push(one) });
    expect(failed).to.equal(undefined);
    expect(readFileSync(at('f')).equals(bytes)).to.equal(true);
    expect(statSync(at('f')).mode & 0o7777).to.equal(0o640);
    expect(readdirSync(at(''))).to.deep.equal(['f']);
    expect(told.at(-1)).to.deep.equal({ path: at('f'), sent: bytes.length, size: bytes.length });
    expect(told.length).to.be.greaterThan(5);
  });

  for (const [what, change] of [
    ['before', (): void => appendFileSync(source(), 'x')],
    ['cut off', (): void => truncateSync(source(), MiB)],
    ['exchanged', (): void => (rmSync(source()), writeFileSync(source(), Buffer.alloc(4 * MiB)))],
  ] as const) {
    it(`is not mixed with what it has become since: ${what}`, async () => {
      writeFileSync(at('f'), 'old');
      const content = fileOf(randomBytes(4 * MiB));
      change();
      const error: unknown = await host.agent
        .request({ steps: [write(content)], queries: [] })
        .catch((one: unknown) => one);
      expect(String(error)).to.include(`${source()} changed after it was looked at`);
      expect(readFileSync(at('f'), 'utf8')).to.equal('old');
      // The agent has taken the rest away, and goes on.
      await run(host.agent, { kind: 'run', argv: ['true'] });
      expect(readdirSync(at(''))).to.deep.equal(['f']);
    });
  }

  it('is not mixed with what it becomes while it is sent', async () => {
    writeFileSync(at('f'), 'old');
    const content = fileOf(randomBytes(4 * MiB));
    let changed = false;
    const error: unknown = await host.agent
      .request(
        { steps: [write(content)], queries: [] },
        {
          onSent: ({ sent }) => {
            if (sent > MiB && !changed) writeFileSync(source(), Buffer.alloc(4 * MiB));
            changed ||= sent > MiB;
          },
        },
      )
      .catch((one: unknown) => one);
    expect(String(error)).to.include('changed after it was looked at');
    await run(host.agent, { kind: 'run', argv: ['true'] });
    expect([readdirSync(at('')), readFileSync(at('f'), 'utf8')]).to.deep.equal([['f'], 'old']);
  });

  it('is compared on the host before it takes its place', async () => {
    writeFileSync(at('f'), 'old');
    const content = { ...fileOf(randomBytes(MiB)), sha256: '0'.repeat(64) };
    const { stderr } = await runFailing(host.agent, write(content));
    expect(stderr).to.include('what arrived is not what was to be sent');
    expect([readdirSync(at('')), readFileSync(at('f'), 'utf8')]).to.deep.equal([['f'], 'old']);
  });

  it('leaves nothing when its validation fails, or its folder is not there', async () => {
    const content = fileOf(randomBytes(MiB));
    await runFailing(host.agent, write(content, { validate: ['false', '%s'] }));
    expect((await runFailing(host.agent, write(content, { path: at('no/f') }))).stderr).to.include('no/');
    expect(readdirSync(at(''))).to.deep.equal([]);
  });

  it('is not sent to its end where the host cannot write it', async () => {
    const content = fileOf(Buffer.alloc(64 * MiB));
    const before = host.agent.counters.bytesSent;
    await runFailing(host.agent, write(content, { path: at('no/f') }));
    expect(host.agent.counters.bytesSent - before).to.be.lessThan(48 * MiB);
  });

  it('leaves nothing when it is stopped in the midst of it, or the link is lost', async () => {
    const content = fileOf(Buffer.alloc(32 * MiB));
    for (const how of ['aborted', 'lost'] as const) {
      const { connection, channels } = tappedConnection();
      const agent = await startAgent(connection, { host: 'h2', shell: host.shell });
      await run(agent, { kind: 'run', argv: ['true'] });
      const stop = new AbortController();
      const error: unknown = await agent
        .request(
          { steps: [write(content)], queries: [] },
          {
            signal: stop.signal,
            onSent: ({ sent }) => {
              if (sent < 8 * MiB) return;
              if (how === 'aborted') stop.abort();
              else channels[0]!.stdin.destroy();
            },
          },
        )
        .catch((one: unknown) => one);
      expect(String(error), how).to.match(/stopped|connection was lost during: writing/);
      await waitFor('nothing is left', () => readdirSync(at('')).length === 0);
      await agent.close();
    }
  });

  it('has the time that it takes: the usual limit begins when it is across, a given one at once', async () => {
    const content = fileOf(Buffer.alloc(2 * MiB));
    const slow = (): void => {
      const until = performance.now() + 60;
      while (performance.now() < until);
    };
    const steps = [write(content)];
    const patient = { timeout: 0.3, onSent: slow };
    const given: unknown = await host.agent
      .request({ steps, queries: [] }, patient)
      .catch((one: unknown) => one);
    expect(String(given)).to.include('timed out after 0.3 s');
    await run(host.agent, { kind: 'run', argv: ['true'] });
    expect(readdirSync(at(''))).to.deep.equal([]);
    const usual = { timeout: 5, afterSending: true, onSent: slow };
    expect((await host.agent.request({ steps, queries: [] }, usual)).failed).to.equal(undefined);
  });

  it('has its sum asked where a file of its size is there', async () => {
    const bytes = randomBytes(MiB);
    writeFileSync(at("it's\n"), bytes);
    const sum = createHash('sha256').update(bytes).digest('hex');
    mkdirSync(at('folder'));
    const query = (name: string, size: number) => ({ kind: 'sum', path: at(name), size }) as const;
    expect(
      await ask<'sum'>(
        host.agent,
        query("it's\n", MiB),
        query("it's\n", 1),
        query('no', 1),
        query('folder', 1),
      ),
    ).to.deep.equal([
      { state: 'file', size: MiB, sha256: sum },
      { state: 'file', size: MiB, sha256: null },
      { state: 'absent' },
      { state: 'absent' },
    ]);
  });

  it('goes into the folder of a user with the rights of that user', async function () {
    if (!isRoot) this.skip();
    const home = mkdtempSync(join(tmpdir(), 'daemon-'));
    try {
      chmodSync(home, 0o755);
      chownSync(home, 1, 1);
      const content = fileOf(randomBytes(MiB));
      await run(host.agent, write(content, { path: join(home, 'f') }));
      expect(statSync(join(home, 'f'))).to.include({ uid: 1, gid: 1, size: MiB });
      expect(readdirSync(home)).to.deep.equal(['f']);
      expect(await ask<'sum'>(host.agent, { kind: 'sum', path: join(home, 'f'), size: MiB })).to.deep.equal([
        { state: 'file', size: MiB, sha256: content.sha256 },
      ]);
    } finally {
      rmSync(home, { recursive: true });
    }
  });
});
