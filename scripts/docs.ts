// Writes docs/reference from the schemas: what a page says is what is checked. With --check nothing is written: it ends with 1
// when a page is not what would be written.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { checks } from '../src/checks/index.js';
import { planSchema } from '../src/controller/plan/schema.js';
import { eventSchema } from '../src/reporters/event-schema.js';
import { resources } from '../src/resources/index.js';
import { renderReference } from './docs/render-reference.js';

const folder = 'docs/reference';
const pages: Readonly<Record<string, string>> = {
  'modules.md': renderReference({
    title: 'Modules',
    introduction:
      'What a task can name. Names and parameters are those of Ansible where the meaning is the same; where it differs, the table says so. ' +
      'A parameter that is not given governs nothing, unless it has a default.',
    entries: [...resources.values()],
  }),
  'checks.md': renderReference({
    title: 'Checks',
    introduction:
      'What an entry of `verify.yml` can name. A check changes nothing and is asked again until it holds or its time is up.',
    entries: [...checks.values()],
  }),
  'events.schema.json': `${JSON.stringify(eventSchema, undefined, 2)}\n`,
  'plan.schema.json': `${JSON.stringify(planSchema, undefined, 2)}\n`,
};

if (process.argv.includes('--check')) {
  const stale = Object.entries(pages).filter(([name, text]) => readOrNothing(`${folder}/${name}`) !== text);
  for (const [name] of stale) process.stderr.write(`${folder}/${name} is not up to date: npm run docs\n`);
  process.exitCode = stale.length > 0 ? 1 : 0;
} else {
  mkdirSync(folder, { recursive: true });
  for (const [name, text] of Object.entries(pages)) writeFileSync(`${folder}/${name}`, text);
}

function readOrNothing(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
