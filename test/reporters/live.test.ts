import { mock } from 'node:test';
import { Terminal } from '@xterm/headless';
import { expect } from 'chai';
import fc from 'fast-check';
import { createLive, type Live } from '../../src/reporters/live.js';
import { createPalette } from '../../src/reporters/palette.js';

const HOSTS = ['web1', 'web2', 'web3', 'db1'];

/** What a terminal of 60 columns and 10 rows has shown after something was written to it, from the top of its scrollback. */
async function shown(write: (live: Live, tick: (ms: number) => void) => void): Promise<string[]> {
  const terminal = new Terminal({ cols: 60, rows: 10, scrollback: 1000, allowProposedApi: true });
  const written: Promise<void>[] = [];
  const out = {
    columns: 60,
    rows: 10,
    isTTY: true,
    write: (text: string) =>
      void written.push(
        new Promise((resolve) => terminal.write(text.replaceAll('\n', '\r\n'), () => resolve())),
      ),
  };
  mock.timers.enable({ apis: ['setInterval', 'Date'] });
  try {
    const live = createLive(out, createPalette(true, {}));
    write(live, (ms) => mock.timers.tick(ms));
  } finally {
    mock.timers.reset();
  }
  await Promise.all(written);
  const { active } = terminal.buffer;
  const lines = Array.from(
    { length: active.length },
    (_, index) => active.getLine(index)?.translateToString(true) ?? '',
  );
  return lines.slice(0, lines.findLastIndex((line) => line !== '') + 1);
}

const begin = (live: Live): void =>
  live.take({ type: 'run-start', playbook: 'p', inventory: 'i', hosts: HOSTS, check: false, tasks: 20 });
const start = (live: Live, host: string): void =>
  live.take({ type: 'task-start', host, task: { name: `packages ${'and more '.repeat(8)}`, module: 'apt' } });
const sending = (live: Live, sent: number, ms: number): void =>
  live.take({
    type: 'sending',
    host: 'web1',
    task: { name: 'file', module: 'copy' },
    path: '/srv/file',
    sent,
    size: 1_073_741_824,
    ms,
  });
const end = (live: Live, host: string): void =>
  live.take({ type: 'task-end', host, task: { name: 'packages', module: 'apt' }, status: 'ok', ms: 1 });

describe('the live lines', () => {
  it('show how far a large file is, and how fast it is sent', async () => {
    const lines = await shown((live, tick) => {
      begin(live);
      live.take({ type: 'task-start', host: 'web1', task: { name: 'file', module: 'copy' } });
      sending(live, 483_183_820, 20_000);
      tick(3000);
    });
    expect(lines[0]).to.equal('  web1  file  3 s  44 % of 1.1 GB, 24.2 MB/s');
  });

  it('show what each busy host does, in the order of the hosts, and a bar', async () => {
    const lines = await shown((live, tick) => {
      begin(live);
      start(live, 'web3');
      start(live, 'web1');
      live.take({
        type: 'output',
        host: 'web1',
        task: { name: 't', module: 'm' },
        stream: 'stdout',
        line: 'hello',
      });
      end(live, 'db1');
      live.print('printed');
      tick(2000);
    });
    expect(lines).to.deep.equal([
      'printed',
      '  web1  packages and more and more and more and more and m…',
      '  web3  packages and more and more and more and more and m…',
      '  [#-----------------------] 5 %  1 of 20 tasks on 4 hosts…',
    ]);
  });

  it('go away at the end', async () => {
    const lines = await shown((live, tick) => {
      begin(live);
      start(live, 'web1');
      tick(1000);
      live.print('last');
      tick(1000);
      live.end();
    });
    expect(lines).to.deep.equal(['last']);
  });

  it('that grow at the bottom of the screen leave what is above them', async () => {
    const printed = Array.from({ length: 20 }, (_, index) => `line ${index}`);
    const lines = await shown((live, tick) => {
      begin(live);
      tick(1000);
      for (const line of printed) live.print(line);
      start(live, 'web1');
      tick(600);
      start(live, 'web2');
      for (let at = 0; at < 20; at += 1) tick(60);
      live.end();
    });
    expect(lines).to.deep.equal(printed);
  });

  it('take no line of the scrollback with them, whatever comes and goes', async () => {
    const host = fc.constantFrom(...HOSTS);
    const act = fc.oneof(
      fc.record({ do: fc.constant('start' as const), host }),
      fc.record({ do: fc.constant('end' as const), host }),
      fc.record({ do: fc.constant('print' as const), host }),
      fc.record({ do: fc.constant('tick' as const), host }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(act, { maxLength: 60 }), async (acts) => {
        const printed: string[] = [];
        const lines = await shown((live, tick) => {
          begin(live);
          tick(500);
          for (let count = 0; count < 12; count += 1) {
            printed.push(`first ${count}`);
            live.print(`first ${count}`);
          }
          for (const one of acts) {
            if (one.do === 'start') start(live, one.host);
            else if (one.do === 'end') end(live, one.host);
            else if (one.do === 'tick') for (let at = 0; at < 5; at += 1) tick(100);
            else {
              printed.push(`line ${printed.length} of ${one.host}`);
              live.print(printed.at(-1) ?? '');
            }
          }
          live.end();
        });
        expect(lines).to.deep.equal(printed);
      }),
      { numRuns: 200 },
    );
  });
});
