import { PassThrough } from 'node:stream';
import { vagrantSettings } from '../../src/cli/vagrant.js';
import type { Inventory } from '../../src/inventory/model.js';
import { createTrust } from '../../src/trust/trust.js';
import { thisUserAlone } from '../../src/trust/who.js';
import type { HostSettings } from '../../src/vagrant/settings.js';
import { createSecrets } from '../../src/variables/secrets.js';

/** The rendered variables of all hosts, as the CLI hands them on. */
export function settingsFrom(inventory: Inventory): HostSettings[] {
  return vagrantSettings(inventory, {
    io: {
      stdin: new PassThrough(),
      stdout: new PassThrough(),
      stderr: new PassThrough(),
      env: {},
      cwd: '/nowhere',
      argv: [],
      exitCode: 0,
      secrets: createSecrets(),
      killed: new AbortController().signal,
      interrupted: new AbortController().signal,
    },
    secrets: createSecrets(),
    trust: createTrust(thisUserAlone(), '/nowhere'),
    vaultPassword: undefined,
  });
}
