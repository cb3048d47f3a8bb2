import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'chai';
import { withLock } from '../../src/cluster/lock.js';
import { ClusterError } from '../../src/errors.js';

describe('withLock', () => {
  let dir: string;
  before(async () => {
    dir = await mkdtemp(join(tmpdir(), 'lock-'));
  });
  after(() => rm(dir, { recursive: true }));

  it('lets one in at a time', async () => {
    const file = join(dir, 'one');
    const events: string[] = [];
    const enter = (name: string) =>
      withLock({ file, onWait: () => undefined }, async () => {
        events.push(`${name} in`);
        await delay(50);
        events.push(`${name} out`);
      });
    await Promise.all(['a', 'b', 'c'].map(enter));
    expect(events.filter((_event, index) => index % 2 === 0).every((event) => event.endsWith('in'))).to.equal(
      true,
    );
    expect(
      events.filter((_event, index) => index % 2 === 1).every((event) => event.endsWith('out')),
    ).to.equal(true);
  });

  it('says that it waits, and goes on when the other one is killed', async () => {
    const file = join(dir, 'two');
    const other = spawn('flock', [file, '-c', 'echo held; exec sleep 60'], {
      detached: true,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    await once(other.stdout, 'data');
    let waited = 0;
    const killed = delay(500).then(() => process.kill(-other.pid!, 'SIGKILL'));
    const result = await withLock({ file, onWait: () => (waited += 1) }, async () => Promise.resolve('mine'));
    await killed;
    expect(result).to.equal('mine');
    expect(waited).to.equal(1);
  });

  it('gives the lock back when the body fails', async () => {
    const file = join(dir, 'three');
    const body = () => Promise.reject(new Error('broken'));
    const failed = await withLock({ file, onWait: () => undefined }, body).catch(
      (error: Error) => error.message,
    );
    expect(failed).to.equal('broken');
    expect(await withLock({ file, onWait: () => undefined }, () => Promise.resolve(1))).to.equal(1);
  });

  it('stops waiting when it is interrupted', async () => {
    const file = join(dir, 'four');
    const interrupt = new AbortController();
    await withLock({ file, onWait: () => undefined }, async () => {
      setTimeout(() => interrupt.abort(), 50);
      const options = { file, onWait: () => undefined, signal: interrupt.signal };
      const error: unknown = await withLock(options, () => Promise.resolve()).catch(
        (reason: unknown) => reason,
      );
      expect(error).to.be.instanceOf(ClusterError).with.property('message', 'interrupted');
    });
  });
});
