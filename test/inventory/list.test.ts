import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { graphInventory, listHost, listInventory } from '../../src/inventory/list.js';
import { loadInventory } from '../../src/inventory/load.js';
import type { Inventory } from '../../src/inventory/model.js';
import { createSecrets } from '../../src/variables/secrets.js';
import { fixtures } from './support.js';

const load = (...sources: string[]): Promise<Inventory> =>
  loadInventory(sources, { cwd: fixtures, secrets: createSecrets() });
const golden = (file: string): string => readFileSync(path.join(fixtures, file), 'utf8');

describe('listing an inventory as ansible-inventory does', () => {
  const cases: [string, string[]][] = [
    ['yaml', ['yaml/hosts.yml']],
    ['ini', ['ini/hosts']],
    ['script', ['script/hosts.sh']],
    ['folder', ['folder/inventory']],
    ['list', ['b,a1,c:2222,']],
    ['several', ['yaml/hosts.yml', 'ini/hosts']],
  ];
  for (const [name, sources] of cases) {
    it(`--list: ${name}`, async () => {
      expect(`${listInventory(await load(...sources))}\n`).to.equal(golden(`${name}/list.txt`));
    });
    it(`--graph: ${name}`, async () => {
      expect(`${graphInventory(await load(...sources)).join('\n')}\n`).to.equal(golden(`${name}/graph.txt`));
    });
    it(`--graph --vars: ${name}`, async () => {
      expect(`${graphInventory(await load(...sources), { vars: true }).join('\n')}\n`).to.equal(
        golden(`${name}/graph-vars.txt`),
      );
    });
  }

  it('--host', async () => {
    expect(`${listHost(await load('yaml/hosts.yml'), 'web01')}\n`).to.equal(golden('yaml/host-web01.txt'));
    expect(`${listHost(await load('ini/hosts'), 'web9')}\n`).to.equal(golden('ini/host-web9.txt'));
  });

  it('--list of a script without _meta', async () => {
    expect(`${listInventory(await load('script/no-meta.sh'))}\n`).to.equal(golden('script/no-meta.txt'));
  });
});
