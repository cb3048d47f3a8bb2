import { globalPackage } from './npm/global-package.js';
import { installedDependencies } from './npm/installed-dependencies.js';
import { localPackage } from './npm/local-package.js';
import { type NpmParams, modeOf } from './npm/params.js';
import { resource } from './resource.js';

const modes = { global: globalPackage, local: localPackage, dependencies: installedDependencies };

export const npm = resource<NpmParams>({
  name: 'npm',
  summary: 'Install npm packages, or what a package.json asks for.',
  schema: {
    type: 'object',
    additionalProperties: false,
    properties: {
      name: {
        type: 'string',
        pattern: '^(@\\w[\\w.-]*/)?\\w[\\w.-]*$',
        description: 'A package of the registry.',
      },
      version: {
        type: ['string', 'number'],
        pattern: '^\\d+(\\.(\\d+|x)){0,2}(-[0-9A-Za-z.-]+)?$',
        description: 'The version, in full or its beginning (7, 7.0). Left out: any.',
      },
      global: { type: 'boolean', default: false, description: 'Install it for the whole host.' },
      path: {
        type: 'string',
        pattern: '^/',
        description: 'The folder of a package.json. Without name: install what it asks for.',
      },
      state: {
        type: 'string',
        enum: ['present', 'latest', 'absent'],
        default: 'present',
        description: 'latest asks the registry at every run.',
      },
      ci: {
        type: 'boolean',
        default: false,
        description: 'Install exactly what package-lock.json says (npm ci).',
      },
      production: { type: 'boolean', default: false, description: 'Leave out development dependencies.' },
      ignore_scripts: {
        type: 'boolean',
        default: false,
        description: "Do not run the packages' install scripts.",
      },
      allow_scripts: {
        anyOf: [
          { type: 'boolean' },
          { type: 'array', items: { type: 'string', pattern: '^(@\\w[\\w.-]*/)?\\w[\\w.-]*$' } },
        ],
        description:
          "Which packages may run install scripts, where npm (12 and later) blocks them: true for all, with global also a list of names. Left out: those that the project's package.json allows, and a package that needs more fails the task.",
      },
      registry: { type: 'string', pattern: '^https?://', description: 'The registry to install from.' },
      executable: {
        type: 'string',
        pattern: '^/',
        description: 'The path of npm. Default: the one in PATH.',
      },
    },
  },
  queries: (params, known) => modes[modeOf(params)].queries(params, known),
  plan: (params, answers) => modes[modeOf(params)].plan(params, answers),
  apply: (params, changes, answers) => modes[modeOf(params)].apply(params, changes, answers),
});
