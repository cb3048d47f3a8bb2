import { Agent } from 'node:http';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { ask, installApp, removeApp, silentServer, startApp, type RunningApp } from './support.js';

describe('guestbook: the process', function () {
  this.timeout(120_000);
  let folder: string;
  let database: Awaited<ReturnType<typeof silentServer>>;
  let app: RunningApp | undefined;

  before(async () => {
    folder = await installApp();
    database = await silentServer();
  });
  afterEach(async () => {
    app?.kill('SIGKILL');
    await app?.ended;
    app = undefined;
  });
  after(async () => {
    database.close();
    await removeApp(folder);
  });

  const start = async (env: Record<string, string> = {}): Promise<RunningApp> =>
    (app = await startApp(folder, { DB_PORT: String(database.port), ...env }));

  it('is alive without its database, and not ready', async () => {
    const running = await start();
    const alive = await ask(running, '/healthz');
    expect(alive.status).to.equal(200);
    expect(alive.body).to.include({ status: 'ok', instance: 'test', version: '9.8.7' });
    expect(alive.headers).to.include({ 'x-served-by': 'test', 'keep-alive': 'timeout=75' });
    const began = Date.now();
    const ready = await ask(running, '/readyz');
    expect(ready.status).to.equal(503);
    expect(JSON.stringify(ready.body)).to.not.match(/127\.0\.0\.1|guestbook@|SELECT/);
    expect(Date.now() - began, 'a load balancer waits two seconds').to.be.below(2000);
  });

  it('refuses what is no request of its API', async () => {
    const running = await start();
    const status = async (...args: [string, Parameters<typeof ask>[2]?]): Promise<number> =>
      (await ask(running, ...args)).status;
    expect(await status('/')).to.equal(404);
    expect(await status('/api/entries/0')).to.equal(404);
    expect(await status('/api/entries/1%20OR%201')).to.equal(404);
    expect(await status('/api/entries', { method: 'PUT' })).to.equal(405);
    expect(await status('/api/entries', { method: 'POST', body: 'name=a&message=b' })).to.equal(415);
    expect(await status('/api/entries', { method: 'POST', body: { name: '' } })).to.equal(400);
    const json = { 'Content-Type': 'application/json' };
    expect(await status('/api/entries', { method: 'POST', headers: json, body: '{' })).to.equal(400);
    const large = 'x'.repeat(17 * 1024);
    expect(await status('/api/entries', { method: 'POST', headers: json, body: large })).to.equal(413);
    const chunked = { ...json, 'Transfer-Encoding': 'chunked' };
    expect(await status('/api/entries', { method: 'POST', headers: chunked, body: large })).to.equal(413);
    expect(await status('/healthz')).to.equal(200);
  });

  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    it(`answers what is in flight at ${signal}, and nothing after it`, async () => {
      const running = await start();
      const slow = ask(running, '/readyz');
      await sleep(200);
      running.kill(signal);
      await sleep(200);
      expect(await refusal(running), 'a new connection').to.equal('ECONNREFUSED');
      const answer = await slow;
      expect(answer.status).to.equal(503);
      expect(answer.headers.connection).to.equal('close');
      expect(await running.ended).to.equal(0);
      expect(running.lines.at(-1)).to.include({ message: 'stopped', outcome: 'clean' });
    });
  }

  it('answers over a kept connection that is used while it stops, and closes it', async () => {
    const running = await start();
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    expect((await ask(running, '/healthz', { agent })).headers.connection).to.equal('keep-alive');
    running.kill('SIGTERM');
    await sleep(200);
    const answer = await ask(running, '/healthz', { agent });
    expect(answer.status).to.equal(200);
    expect(answer.headers.connection).to.equal('close');
    expect(await running.ended).to.equal(0);
    agent.destroy();
  });

  it('does not wait for connections that stay idle', async () => {
    const running = await start();
    const agent = new Agent({ keepAlive: true });
    await ask(running, '/healthz', { agent });
    const began = Date.now();
    running.kill('SIGTERM');
    expect(await running.ended).to.equal(0);
    expect(Date.now() - began).to.be.below(3000);
    agent.destroy();
  });

  it('cuts off a request that never ends, and says so', async () => {
    const running = await start({ STOP_TIMEOUT: '300' });
    const socket = connect(running.port, '127.0.0.1');
    socket.on('error', () => undefined);
    socket.write(
      'POST /api/entries HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{',
    );
    await sleep(200);
    running.kill('SIGTERM');
    expect(await running.ended).to.equal(1);
    expect(running.lines.at(-1)).to.include({ message: 'stopped', outcome: 'forced' });
    socket.destroy();
  });

  it('says which setting is wrong', async () => {
    const failure = await startApp(folder, { PORT: 'http' }).then(
      () => 'started',
      (error: unknown) => String(error),
    );
    expect(failure).to.include('PORT must be a whole number from 0 to 65535');
    const missing = await startApp(folder, { DB_PASSWORD_FILE: '/nonexistent' }).then(
      () => 'started',
      (error: unknown) => String(error),
    );
    expect(missing).to.include('DB_PASSWORD_FILE cannot be read');
  });
});

function refusal(app: RunningApp): Promise<string> {
  return ask(app, '/healthz').then(
    ({ status }) => `answered ${status}`,
    (error: NodeJS.ErrnoException) => error.code ?? error.message,
  );
}
