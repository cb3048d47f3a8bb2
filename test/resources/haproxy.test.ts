import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { commandStep, TIMED_OUT, waitStep } from '../../src/resources/haproxy/steps.js';
import { serversQuery } from '../../src/resources/haproxy/servers.js';
import { runScript } from './run-script.js';

/** The sh of the module against a socket that answers as HAProxy does; the drills of test/cluster have the real one. */
describe('haproxy', () => {
  let folder = '';
  let server: Server;
  let said: string[] = [];
  let answer: (line: string) => string = () => '';
  before((done) => {
    folder = mkdtempSync(join(tmpdir(), 'haproxy-'));
    server = createServer({ allowHalfOpen: true }, (socket) => {
      socket.setEncoding('utf8').once('data', (text: string) => {
        said.push(text.trim());
        socket.end(answer(text.trim()));
      });
    }).listen(join(folder, 'socket'), done);
  });
  beforeEach(() => {
    said = [];
  });
  after((done) => {
    server.close(done);
    rmSync(folder, { recursive: true });
  });

  const params = { wait_interval: 0.05, wait_retries: 3, host: 'a' };
  const given = (): Parameters<typeof commandStep>[0] =>
    ({ ...params, socket: join(folder, 'socket') }) as Parameters<typeof commandStep>[0];
  const row = (name: string, sessions: number, status: string, check: string): string =>
    Object.entries({ 1: 'app', 2: name, 5: sessions, 18: status, 37: check })
      .reduce<string[]>((fields, [at, value]) => {
        fields[Number(at) - 1] = String(value);
        return fields;
      }, Array<string>(80).fill(''))
      .join(',');

  it('sends its commands one after the other, and fails with what one of them says', async () => {
    expect((await runScript(commandStep(given(), ['set a', 'set b']))).rc).to.equal(0);
    expect(said).to.deep.equal(['set a', 'set b']);
    answer = (line) => (line === 'set b' ? 'No such server.\n' : '');
    const refused = await runScript(commandStep(given(), ['set a', 'set b', 'set c']));
    expect(refused).to.deep.include({ rc: 1, stderr: 'set b: No such server.\n' });
    expect(said.slice(2)).to.deep.equal(['set a', 'set b']);
  });

  it('waits until the last session is over, of the servers that are meant', async () => {
    let sessions = 3;
    answer = () => `# pxname\n${row('a', (sessions -= 1), 'DRAIN', 'L7OK')}\n${row('ab', 9, 'UP', 'L7OK')}\n`;
    const waited = await runScript(waitStep(given(), 'idle', { servers: ['app/a'], goOn: false }));
    expect(waited).to.deep.include({ rc: 0, stderr: '' });
    expect(said).to.have.length(3);
  });

  it('waits until a health check is good, and says at the end what it was', async () => {
    answer = () => `${row('a', 0, 'UP 1/2', 'L7OK')}\n${row('b', 0, 'UP', '* L7OK')}\n`;
    const waited = await runScript(waitStep(given(), 'up', { servers: ['app/a', 'app/b'], goOn: false }));
    expect(waited).to.deep.include({ rc: TIMED_OUT, stderr: 'app/a is UP 1/2 (L7OK)\n' });
    expect(said).to.have.length(4);
    answer = () => row('a', 0, 'no check', '');
    expect((await runScript(waitStep(given(), 'up', { servers: ['app/a'], goOn: false }))).rc).to.equal(0);
  });

  it('does not take silence for a good answer', async () => {
    answer = () => '';
    const waited = await runScript(waitStep(given(), 'idle', { servers: ['app/a'], goOn: false }));
    expect(waited.rc).to.equal(TIMED_OUT);
    expect(waited.stderr).to.match(/does not tell the state of app\/a/);
  });

  it('says that nobody answers', async () => {
    const nobody = { ...given(), socket: join(folder, 'nothing') };
    const asked = await runScript(serversQuery(nobody));
    expect(asked.rc).not.to.equal(0);
    expect(asked.stderr).to.match(/No such file/);
  });
});
