import { debFile } from './apt/deb.js';
import { listsChanges, listsPreparation, listsQueries, listsSteps } from './apt/lists.js';
import { namedPackages } from './apt/packages.js';
import type { AptParams } from './apt/params.js';
import type { AptPart } from './apt/part.js';
import { autoremove, upgrade } from './apt/whole-host.js';
import { resource, type Change, type Resource } from './resource.js';

/** In the order in which they are done. */
const parts: readonly AptPart[] = [upgrade, namedPackages, debFile, autoremove];

const PACKAGE = '^[a-z0-9][a-z0-9+.-]*(:[a-z0-9-]+)?(=[A-Za-z0-9.+:~*-]+)?$';

const names = {
  anyOf: [
    { type: 'string', pattern: PACKAGE },
    { type: 'array', items: { type: 'string', pattern: PACKAGE } },
  ],
} as const;

export const apt: Resource = resource<AptParams>({
  name: 'apt',
  summary: 'Debian packages: installed, removed, upgraded.',
  schema: {
    type: 'object',
    additionalProperties: false,
    properties: {
      name: {
        ...names,
        description: 'packages, each perhaps with `=version` (`*` stands for anything) or `:architecture`',
      },
      pkg: { ...names, description: 'the same as `name`' },
      state: {
        enum: ['present', 'absent', 'latest'],
        default: 'present',
        description: '`latest`: at the version that apt would install now',
      },
      deb: {
        type: 'string',
        pattern: '^/',
        description: 'a package file on the host, installed with what it depends on',
      },
      update_cache: {
        type: 'boolean',
        default: false,
        description:
          'fetch the package lists first where they are older than `cache_valid_time` and something is to be installed, or only they ' +
          'say whether there is something (`latest`, `upgrade`): then the task is decided again. Fetching alone is no change. ' +
          'A host that has what is to be `present` fetches nothing; alone (no name) it always does, and that is a change',
      },
      cache_valid_time: {
        type: 'integer',
        minimum: 0,
        default: 0,
        description: 'seconds for which fetched lists are good; 0: never',
      },
      upgrade: {
        enum: ['no', 'yes', 'safe', 'full', 'dist', false, true],
        default: 'no',
        description: 'upgrade all packages: `yes` and `safe` remove none, `full` and `dist` may',
      },
      purge: { type: 'boolean', default: false, description: 'with `absent`: the configuration files too' },
      autoremove: {
        type: 'boolean',
        default: false,
        description:
          'remove packages that were only needed by others, too: with an installation, an upgrade or a removal, or alone',
      },
      install_recommends: {
        type: 'boolean',
        description: 'whether recommended packages come too; left out: as the host is set up',
      },
      default_release: {
        type: 'string',
        pattern: '^(?:[A-Za-z0-9][A-Za-z0-9/._-]*)?$',
        description: 'the release to prefer (`bookworm-backports`); empty: none',
      },
      only_upgrade: {
        type: 'boolean',
        default: false,
        description: 'leave packages alone that are not installed',
      },
      allow_downgrade: {
        type: 'boolean',
        default: false,
        description: 'a given version may be older than the installed one',
      },
      allow_change_held_packages: {
        type: 'boolean',
        default: false,
        description:
          'packages that are held (`apt-mark hold`) may be changed, too; else a task that would have to fails',
      },
      policy_rc_d: {
        type: 'integer',
        minimum: 0,
        maximum: 255,
        description: '101: the packages’ services are not started by the installation',
      },
      lock_timeout: {
        type: 'integer',
        minimum: 0,
        default: 300,
        description: 'seconds to wait while another program uses apt or dpkg',
      },
    },
  },

  queries: (params, known) => [
    ...listsQueries(params),
    ...parts.flatMap((part) => part.queries(params, known)),
  ],

  prepare: (params, answers) =>
    listsPreparation(
      params,
      parts.some((part) => part.installs(params, answers)),
      answers,
    ),

  plan: (params, answers) =>
    withoutRepeated([
      ...listsChanges(params, answers),
      ...parts.flatMap((part) => part.changes(params, answers)),
    ]),

  apply: (params, _changes, answers) => [
    ...listsSteps(params, answers),
    ...parts.flatMap((part) => part.steps(params, answers)),
  ],
});

/** What two transactions of one task would do alike is done by the first. */
function withoutRepeated(changes: readonly Change[]): Change[] {
  const seen = new Set<string>();
  return changes.filter(({ subject, before, after }) => {
    const key = JSON.stringify([subject, before, after]);
    return !seen.has(key) && seen.add(key);
  });
}
