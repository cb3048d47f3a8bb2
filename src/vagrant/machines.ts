import {
  contains,
  firstFree,
  formatSubnet,
  isAddress,
  isUsable,
  parseSubnet,
  type Subnet,
} from '../cluster/addresses.js';
import { mentionedAddresses } from '../cluster/spec.js';
import { ConfigurationError } from '../errors.js';
import type { Inventory } from '../inventory/model.js';
import { boxOf, defaultBox, type Box } from './boxes.js';
import type { HostSettings } from './settings.js';

/** What the Vagrantfile builds. */
export interface MachineSpecs {
  /** the private network, in CIDR form, and the address of the machine that Vagrant runs on in it */
  readonly subnet: string;
  readonly gateway: string;
  readonly machines: readonly MachineSpec[];
}

export interface MachineSpec {
  readonly name: string;
  readonly hostname: string;
  /** in the private network */
  readonly address: string;
  readonly box: Box;
  /** MiB */
  readonly memory: number;
  readonly cpus: number;
}

const CONTROLLER: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '::1']);
const DEFAULT_MEMORY = 1024;
const DEFAULT_CPUS = 1;

/**
 * The virtual machines for an inventory: one for each host but the controller itself. Read are `vagrant_address`,
 * `internal_address` and `ansible_host` (the first that is set), `vagrant_box`, `vagrant_memory`, `vagrant_cpus`.
 */
export function machineSpecs(inventory: Inventory, settings: readonly HostSettings[]): MachineSpecs {
  const machines = settings.filter((one) => !isController(one)).map(machineOf);
  if (machines.length === 0) {
    throw new ConfigurationError(`the inventory ${inventory.sources.join(', ')} holds no host to build`);
  }
  const subnet = subnetAround(machines);
  const addresses = machines.map((machine) => machine.address);
  for (const [index, { name, address }] of machines.entries()) {
    const twin = machines[addresses.indexOf(address)]!;
    if (addresses.indexOf(address) !== index) throw addressError(name, address, `${twin.name} has it`);
    if (!isUsable(subnet, address))
      throw addressError(name, address, `the network ${formatSubnet(subnet)} needs it for itself`);
  }
  const gateway = firstFree(subnet, new Set([...addresses, ...mentionedAddresses(inventory)]));
  if (gateway === undefined)
    throw new ConfigurationError(`${formatSubnet(subnet)} has no address left for this machine`);
  return { subnet: formatSubnet(subnet), gateway, machines };
}

/** Hosts that are the controller have no machine. */
export function isController(settings: HostSettings): boolean {
  const connection = settings.text('ansible_connection');
  if (connection !== undefined) return connection === 'local';
  return CONTROLLER.has(settings.host) && settings.text('ansible_host') === undefined;
}

/** Where the other hosts reach it: what an address of the inventory stands for in the private network. */
function addressOf(settings: HostSettings): string {
  const name = ['vagrant_address', 'internal_address', 'ansible_host'].find(
    (one) => settings.text(one) !== undefined,
  );
  const address = name === undefined ? settings.host : settings.text(name)!;
  if (isAddress(address)) return address;
  throw new ConfigurationError(
    name === undefined ? 'the host has no address' : `${name} is "${address}", which is not an IPv4 address`,
    {
      host: settings.host,
      position: name === undefined ? undefined : settings.position(name),
      hint: 'Set ansible_host, or vagrant_address for Vagrant alone, for example vagrant_address: 10.77.0.11',
    },
  );
}

function machineOf(settings: HostSettings): MachineSpec {
  const { host } = settings;
  const hostname = host.replaceAll('_', '-');
  if (!/^[a-z0-9]([a-z0-9.-]{0,61}[a-z0-9])?$/i.test(hostname)) {
    throw new ConfigurationError(`"${host}" cannot be the name of a machine`, {
      host,
      hint: 'Use letters, digits, hyphens and dots.',
    });
  }
  const name = settings.text('vagrant_box') ?? defaultBox;
  const box = boxOf(name);
  if (typeof box === 'string')
    throw new ConfigurationError(box, { host, position: settings.position('vagrant_box') });
  return {
    name: host,
    hostname,
    address: addressOf(settings),
    box,
    memory: settings.number('vagrant_memory') ?? DEFAULT_MEMORY,
    cpus: settings.number('vagrant_cpus') ?? DEFAULT_CPUS,
  };
}

/** The /24 of the hosts, or the smallest wider range that holds them all: one network has to do for what may be several. */
function subnetAround(machines: readonly MachineSpec[]): Subnet {
  const [first] = machines;
  for (let prefix = 24; prefix >= 16; prefix -= 1) {
    const subnet = parseSubnet(`${first!.address}/${prefix}`)!;
    if (machines.every((machine) => contains(subnet, machine.address))) return subnet;
  }
  const far = machines.find((machine) => !contains(parseSubnet(`${first!.address}/16`)!, machine.address))!;
  throw new ConfigurationError(
    `${first!.name} (${first!.address}) and ${far.name} (${far.address}) are too far apart for one private network`,
    { host: far.name, hint: 'Give hosts addresses within one /16 for Vagrant: vagrant_address.' },
  );
}

function addressError(host: string, address: string, why: string): ConfigurationError {
  return new ConfigurationError(`the host cannot have the address ${address}: ${why}`, {
    host,
    hint: 'Give it another one for Vagrant: vagrant_address.',
  });
}
