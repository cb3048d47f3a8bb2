import { checks } from '../../src/checks/index.js';
import type { ModuleCatalogue } from '../../src/playbook/model.js';
import { resources } from '../../src/resources/index.js';

export const catalogue: ModuleCatalogue = { modules: resources, checks };
