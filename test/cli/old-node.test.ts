import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';

const bin = fileURLToPath(new URL('../../bin/provision.js', import.meta.url));

describe('a Node that is too old', function () {
  this.timeout(60_000);
  let dir = '';
  before(() => {
    dir = mkdtempSync(join(tmpdir(), 'provision-node-'));
    // What an old one cannot do is not found out by running into it.
    writeFileSync(
      join(dir, 'old.cjs'),
      `Object.defineProperty(process, 'versions', { value: { ...process.versions, node: process.env.NODE_IS } });
const Module = require('node:module'), load = Module._load;
Module._load = (name, ...rest) => { if (/dist|node:/.test(name)) throw new Error('loaded ' + name); return load(name, ...rest); };`,
    );
  });
  after(() => rmSync(dir, { recursive: true, force: true }));

  for (const version of ['12.22.12', '18.20.4', '20.18.3'])
    it(`is told in one line, before anything else is loaded: ${version}`, () => {
      const { stdout, stderr, status } = spawnSync(
        process.execPath,
        ['-r', join(dir, 'old.cjs'), bin, '--version'],
        {
          env: { ...process.env, NODE_IS: version },
          encoding: 'utf8',
        },
      );
      expect([status, stdout, stderr]).to.deep.equal([
        5,
        '',
        `error: provision needs Node 20.19 or later, and this is Node ${version}\n`,
      ]);
    });
});
