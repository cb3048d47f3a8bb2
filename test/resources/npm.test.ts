import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { Answers, type ScriptQuery } from '../../src/agent/query.js';
import type { ScriptStep } from '../../src/agent/step.js';
import { npm } from '../../src/resources/npm.js';
import { runScript } from './run-script.js';

describe('npm', () => {
  let path = '';
  beforeEach(() => (path = mkdtempSync(join(tmpdir(), 'npm-'))));
  afterEach(() => rmSync(path, { recursive: true }));

  const none = new Answers(new Map());
  const inSync = async (params: Record<string, unknown>): Promise<boolean> => {
    const query = npm.queries(params, none)[0] as ScriptQuery;
    return npm.plan(params, Answers.of([[query, await runScript(query)]])).length === 0;
  };
  const record = async (params: Record<string, unknown>): Promise<void> => {
    const step = npm.apply(params, [], none)[1] as ScriptStep;
    expect((await runScript(step)).rc).to.equal(0);
  };

  it('remembers what it installed until package.json, lock, node_modules or options differ', async () => {
    const params = { path, ci: true };
    writeFileSync(join(path, 'package.json'), '{}');
    writeFileSync(join(path, 'package-lock.json'), '{}');
    expect(await inSync(params)).to.equal(false);
    mkdirSync(join(path, 'node_modules'));
    writeFileSync(join(path, 'node_modules/.package-lock.json'), '{}');
    await record(params);
    expect(await inSync(params)).to.equal(true);
    expect(await inSync({ ...params, production: true })).to.equal(false);
    for (const file of ['package.json', 'package-lock.json', 'node_modules/.package-lock.json']) {
      writeFileSync(join(path, file), '{"changed":true}');
      expect(await inSync(params), file).to.equal(false);
      await record(params);
      expect(await inSync(params), file).to.equal(true);
    }
    rmSync(join(path, 'node_modules'), { recursive: true });
    expect(await inSync(params)).to.equal(false);
  });

  it('has a place to remember that there was nothing to install', async () => {
    writeFileSync(join(path, 'package.json'), '{}');
    await record({ path });
    expect(await inSync({ path })).to.equal(true);
  });
});
