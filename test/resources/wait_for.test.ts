import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { Answers, type ScriptQuery } from '../../src/agent/query.js';
import { shellText } from '../../src/agent/shell-text.js';
import type { ScriptStep } from '../../src/agent/step.js';
import { waitFor } from '../../src/resources/wait_for.js';
import { runScript } from './run-script.js';

describe('wait_for', () => {
  let server: Server;
  let port = 0;
  let folder = '';
  before((done) => {
    folder = mkdtempSync(join(tmpdir(), 'wait-'));
    server = createServer((socket) => socket.end()).listen(0, '127.0.0.1', () => {
      port = (server.address() as AddressInfo).port;
      done();
    });
  });
  after((done) => {
    rmSync(folder, { recursive: true });
    server.close(done);
  });

  const none = new Answers(new Map());
  const inAgent = <T extends { code: string }>(script: T): T => ({
    ...script,
    code: `uid=$(id -u) files='' shared=''\n${shellText('files.sh')}${shellText('owner.sh')}${script.code}`,
  });
  const holds = async (params: Record<string, unknown>): Promise<boolean> =>
    (await runScript(inAgent(waitFor.queries(params, none)[0] as ScriptQuery))).rc === 0;
  const wait = (params: Record<string, unknown>): ReturnType<typeof runScript> =>
    runScript(inAgent(waitFor.apply(params, [], none)[0] as ScriptStep));

  it('sees whether a port is open', async () => {
    expect(await holds({ port })).to.equal(true);
    expect(await holds({ port, state: 'stopped' })).to.equal(false);
    expect(await holds({ port: 1 })).to.equal(false);
    expect(await holds({ port: 1, state: 'stopped' })).to.equal(true);
  });

  it('sees whether a path exists and what a line in it is like', async () => {
    const path = join(folder, 'a b');
    writeFileSync(path, 'one\nready in 3 s\n');
    expect(await holds({ path })).to.equal(true);
    expect(await holds({ path, state: 'absent' })).to.equal(false);
    expect(await holds({ path, search_regex: '^ready in [0-9]+ s$' })).to.equal(true);
    expect(await holds({ path, search_regex: '-e two' })).to.equal(false);
    writeFileSync(path, 'a\n[main]\ngröße = x]\nlast');
    for (const [pattern, found] of [
      ['^[[]main[]]$', true],
      ['^\\[[^]]+\\]$', true],
      ['=\\s[^]]{,3}\\]', true],
      ['^\\w+ =', true],
      ['(?a)^\\w+ =', false],
      ['(?i)^GRÖSSE|^GRÖßE', true],
      ['\\Alast', false],
      ['last\\Z', true],
      ['main\\Z', false],
      ['a\\n\\[', true],
      ['(?P<k>s)t$', true],
      ['(?<!a)st', false],
      ['(?>x+)x', false],
    ] as const)
      expect(await holds({ path, search_regex: pattern }), pattern).to.equal(found);
  });

  it('waits until it holds', async () => {
    const path = join(folder, 'later');
    setTimeout(() => writeFileSync(path, ''), 300);
    const { rc, stdout } = await wait({ path, sleep: 0.1, timeout: 10 });
    expect(rc).to.equal(0);
    expect(Number(stdout)).to.be.within(0, 3);
  });

  it('gives up in the words of the user', async () => {
    const { rc, stderr } = await wait({
      path: join(folder, 'never'),
      sleep: 0.1,
      timeout: 1,
      msg: "it's $HOME",
    });
    expect({ rc, stderr }).to.deep.equal({ rc: 1, stderr: "it's $HOME\n" });
  });
});
