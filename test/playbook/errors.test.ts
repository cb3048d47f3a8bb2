import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { ProvisionError, formatPosition } from '../../src/errors.js';
import { loadPlaybook } from '../../src/playbook/load.js';
import { catalogue } from './catalogue.js';

const folder = fileURLToPath(new URL('errors', import.meta.url));

/** Each folder holds a playbook with one mistake and what is said of it. UPDATE_GOLDEN=1 writes what is said now. */
describe('errors in playbooks and roles', () => {
  for (const name of readdirSync(folder).sort()) {
    it(name.replaceAll('-', ' '), async () => {
      const cwd = join(folder, name);
      const expected = join(cwd, 'expected.txt');
      const said = await failureOf(cwd);
      if (process.env['UPDATE_GOLDEN']) writeFileSync(expected, said);
      expect(said).to.equal(readFileSync(expected, 'utf8'));
    });
  }
});

async function failureOf(cwd: string): Promise<string> {
  try {
    await loadPlaybook({ path: 'site.yml', rolesPath: [join(cwd, 'more-roles')], catalogue, cwd });
  } catch (error) {
    if (!(error instanceof ProvisionError)) throw error;
    const where = error.position ? `${formatPosition(error.position)}: ` : '';
    const hint = error.hint === undefined ? [] : [`  try: ${error.hint}`];
    return [`${where}${error.message}`, ...error.detail.map((line) => `  | ${line}`), ...hint, ''].join('\n');
  }
  throw new Error('the playbook was loaded without an error');
}
