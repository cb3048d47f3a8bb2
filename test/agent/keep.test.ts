import { lstatSync, readFileSync, readlinkSync, symlinkSync, writeFileSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { startAgent, type Agent } from '../../src/agent/agent.js';
import { noteFile } from '../../src/agent/note-file.js';
import { tappedConnection, temporaryFolder, underEachShell } from './support.js';

const handler = 'web : answers';
const restore = { kind: 'script', code: 'restore_files "$1"', args: [noteFile(handler)] } as const;

underEachShell('files that are kept for a handler', ({ shell }) => {
  const folder = temporaryFolder();
  const at = (name: string): string => join(folder.path, name);
  let agent: Agent;
  before(async () => {
    agent = await startAgent(tappedConnection().connection, { host: 'h1', shell });
  });
  after(async () => {
    await agent?.request({ steps: [], clear: [handler], queries: [] });
    await agent?.close();
  });

  const write = (name: string, content: string): Promise<unknown> =>
    agent.request({
      mark: [handler],
      keep: [handler],
      steps: [{ kind: 'write', path: at(name), content: Buffer.from(content) }],
      queries: [],
    });
  const restored = async (): Promise<string[]> =>
    (await agent.request({ steps: [restore], queries: [] })).outputs[0]!.stdout.split('\n').slice(0, -1);
  const done = (): Promise<unknown> => agent.request({ steps: [], clear: [handler], queries: [] });

  it('come back with content and mode, as they were before the first change', async () => {
    writeFileSync(at("a 'b'\\c"), 'old', { mode: 0o640 });
    await write("a 'b'\\c", 'new');
    await write("a 'b'\\c", 'newer');
    expect(await restored()).to.deep.equal([at("a 'b'\\c")]);
    expect(readFileSync(at("a 'b'\\c"), 'utf8')).to.equal('old');
    expect(lstatSync(at("a 'b'\\c")).mode & 0o7777).to.equal(0o640);
    // In place already: there is nothing to tell.
    expect(await restored()).to.deep.equal([]);
    await done();
  });

  it('are links, too, and files that were not there', async () => {
    symlinkSync('nowhere', at('link'));
    await write('link', 'new');
    await write('new', 'new');
    expect((await restored()).sort()).to.deep.equal([at('link'), at('new')]);
    expect(readlinkSync(at('link'))).to.equal('nowhere');
    expect(existsSync(at('new'))).to.equal(false);
    await done();
  });

  it('are forgotten when the handler has run', async () => {
    writeFileSync(at('c'), 'old');
    await write('c', 'good');
    await done();
    expect(await restored()).to.deep.equal([]);
    await write('c', 'bad');
    expect(await restored()).to.deep.equal([at('c')]);
    expect(readFileSync(at('c'), 'utf8')).to.equal('good');
  });
});
