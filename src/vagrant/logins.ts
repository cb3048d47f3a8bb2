import { madeMachine, type MadeMachine, type VagrantFolder } from './folder.js';
import { learnHostKeys } from './host-keys.js';
import { knownHostsFile, readPin, readSshConfig, writePin } from './pins.js';
import { askVagrant, sshSettingsOf, type SshSettings } from './ssh-settings.js';

/** How to log in to a machine, and the file that pins its keys. */
export interface Login {
  readonly ssh: SshSettings;
  readonly knownHosts: string;
}

export interface LoginOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly uid: number;
  /** one line of progress */
  readonly report: (line: string) => void;
  /** Vagrant is asked about no others: one of them may be off */
  readonly wanted: readonly string[];
  /** ask Vagrant also about machines of which all is known */
  readonly renew: boolean;
}

/**
 * The logins of those of the hosts that have a machine. Vagrant is asked about machines that it made or started since; the keys of
 * a machine are learnt once in its life, so a key that changes later is refused.
 * @throws UnreachableError when Vagrant or a machine does not answer
 */
export async function vagrantLogins(
  folder: VagrantFolder,
  hosts: readonly string[],
  options: LoginOptions,
): Promise<ReadonlyMap<string, Login>> {
  const machines = (await Promise.all(hosts.map((host) => madeMachine(folder, host)))).filter(
    (machine) => machine !== undefined,
  );
  const known = await Promise.all(machines.map((machine) => saved(folder, machine)));
  const asked = machines.filter(
    (machine, index) =>
      options.wanted.includes(machine.name) && (options.renew || known[index] === undefined),
  );
  const answer =
    asked.length === 0
      ? ''
      : await askVagrant(
          folder,
          asked.map((machine) => machine.name),
          options.env,
        );
  for (const machine of asked) await pin(folder, machine, { answer, options });
  const logins = machines.map(async (machine): Promise<[string, Login][]> => {
    const ssh = await saved(folder, machine);
    return ssh === undefined
      ? []
      : [[machine.name, { ssh, knownHosts: knownHostsFile(folder, machine.name) }]];
  });
  return new Map((await Promise.all(logins)).flat());
}

/** Of this incarnation of the machine; undefined when Vagrant has to be asked. */
async function saved(folder: VagrantFolder, machine: MadeMachine): Promise<SshSettings | undefined> {
  const [pin, text] = await Promise.all([readPin(folder, machine.name), readSshConfig(folder, machine.name)]);
  if (pin?.incarnation !== machine.incarnation || text === undefined) return undefined;
  return sshSettingsOf(machine.name, text);
}

async function pin(
  folder: VagrantFolder,
  machine: MadeMachine,
  { answer, options }: { answer: string; options: LoginOptions },
): Promise<void> {
  const ssh = sshSettingsOf(machine.name, answer);
  const before = await readPin(folder, machine.name);
  let keys = before?.incarnation === machine.incarnation ? before.keys : undefined;
  if (keys === undefined) {
    const learnt = await learnHostKeys(machine, ssh, options);
    options.report(`${machine.name}: host keys pinned (${learnt.how})`);
    keys = learnt.keys;
  }
  await writePin(folder, machine.name, {
    pin: { incarnation: machine.incarnation, keys },
    sshConfig: partOf(machine.name, answer),
    ssh,
  });
}

/** The block of one host: from its line `Host NAME` to the next one. */
function partOf(name: string, text: string): string {
  const blocks = text.split(/^(?=Host )/m);
  return `${(blocks.find((block) => block.startsWith(`Host ${name}\n`)) ?? '').trimEnd()}\n`;
}
