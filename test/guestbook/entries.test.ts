import { expect } from 'chai';
import {
  ask,
  installApp,
  removeApp,
  startApp,
  testDatabase,
  type Answer,
  type RunningApp,
} from './support.js';

interface Stored {
  readonly id: number;
  readonly probe?: string;
}

// The end-to-end test does the same through the whole site; here it needs a database at hand.
describe('guestbook: entries in a database', function () {
  this.timeout(60_000);
  let folder: string | undefined;
  let one: RunningApp;
  let other: RunningApp;

  before(async function () {
    if (process.env['GUESTBOOK_TEST_DATABASE'] === undefined) {
      this.skip();
    }
    folder = await installApp();
    const database = (await testDatabase(folder))!;
    [one, other] = await Promise.all([
      startApp(folder, { ...database, INSTANCE: 'one' }),
      startApp(folder, { ...database, INSTANCE: 'other' }),
    ]);
  });
  after(async () => {
    if (folder === undefined) return;
    for (const app of [one, other]) app.kill('SIGTERM');
    expect(await Promise.all([one.ended, other.ended])).to.deep.equal([0, 0]);
    await removeApp(folder);
  });

  const probe = async (message: string): Promise<Stored> => {
    const body = { name: 'Test', message };
    const answer = await ask(one, '/api/entries', { method: 'POST', headers: { 'X-Probe': 'create' }, body });
    expect(answer.status).to.equal(201);
    return answer.body as Stored;
  };
  const remove = (id: number, token?: string): Promise<Answer> =>
    ask(other, `/api/entries/${id}`, {
      method: 'DELETE',
      ...(token === undefined ? {} : { headers: { 'X-Probe': token } }),
    });

  it('is ready', async () => {
    expect((await ask(one, '/readyz')).body).to.include({ status: 'ready', database: 'ok' });
  });

  it('reads through one server what another has written', async () => {
    const message = 'O\'Brien said: "\\" – 🦊\n漢字 %s %(x)s';
    const { id, probe: token } = await probe(message);
    const { body } = await ask(other, `/api/entries/${id}`);
    expect(body).to.deep.include({ id, name: 'Test', message, instance: 'one' });
    const { created_at: created } = body as { created_at: string };
    expect(Math.abs(Date.now() - Date.parse(created)), 'UTC, whatever the zone').to.be.below(60_000);
    expect(JSON.stringify(body)).to.not.include('probe');
    expect((await remove(id, token)).status).to.equal(204);
    expect((await ask(one, `/api/entries/${id}`)).status).to.equal(404);
  });

  it('lists real entries only, newest first, and lets nobody delete them', async () => {
    const body = { name: 'Test', message: 'stays' };
    const written = (await ask(one, '/api/entries', { method: 'POST', body })).body as Stored;
    expect(written).to.not.have.property('probe');
    const hidden = await probe('hidden');
    const { entries } = (await ask(other, '/api/entries')).body as { entries: Stored[] };
    const ids = entries.map(({ id }) => id);
    expect(ids[0]).to.equal(written.id);
    expect(ids).to.not.include(hidden.id);
    expect(ids).to.deep.equal([...ids].sort((a, b) => b - a));
    expect(ids.length).to.be.at.most(50);
    expect((await remove(written.id)).status).to.equal(403);
    expect((await remove(written.id, hidden.probe)).status).to.equal(403);
    await remove(hidden.id, hidden.probe);
  });

  it('deletes a probe with its own token alone', async () => {
    const [first, second] = [await probe('first'), await probe('second')];
    expect((await remove(first.id)).status).to.equal(403);
    expect((await remove(first.id, second.probe)).status).to.equal(403);
    expect((await ask(one, `/api/entries/${first.id}`)).status).to.equal(200);
    expect((await remove(first.id, first.probe)).status).to.equal(204);
    expect((await remove(second.id, second.probe)).status).to.equal(204);
  });
});
