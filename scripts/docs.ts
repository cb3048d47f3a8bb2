// Writes docs/reference/modules.md and docs/reference/checks.md from the schemas: what a page says is what is checked.
import { mkdirSync, writeFileSync } from 'node:fs';
import { checks } from '../src/checks/index.js';
import { resources } from '../src/resources/index.js';
import { renderReference } from './docs/render-reference.js';

const folder = 'docs/reference';
mkdirSync(folder, { recursive: true });

writeFileSync(
  `${folder}/modules.md`,
  renderReference({
    title: 'Modules',
    introduction:
      'What a task can name. Names and parameters are those of Ansible where the meaning is the same; where it differs, the table says so. ' +
      'A parameter that is not given governs nothing, unless it has a default.',
    entries: [...resources.values()],
  }),
);
writeFileSync(
  `${folder}/checks.md`,
  renderReference({
    title: 'Checks',
    introduction:
      'What an entry of `verify.yml` can name. A check changes nothing and is asked again until it holds or its time is up.',
    entries: [...checks.values()],
  }),
);
