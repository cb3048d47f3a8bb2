import type { FactsAnswer } from './query.js';
import { LOCAL_FACTS, localFacts } from './facts/local.js';
import { defaultRoute, interfacesFrom } from './facts/network.js';

/** The names under `ansible_facts`; each is also a variable with the prefix `ansible_`. Interfaces come under their own names too. */
export const factNames = [
  'os_family',
  'distribution',
  'distribution_version',
  'distribution_major_version',
  'distribution_release',
  'architecture',
  'kernel',
  'system',
  'hostname',
  'nodename',
  'fqdn',
  'domain',
  'memtotal_mb',
  'memfree_mb',
  'swaptotal_mb',
  'processor_vcpus',
  'processor_count',
  'interfaces',
  'default_ipv4',
  'default_ipv6',
  'all_ipv4_addresses',
  'all_ipv6_addresses',
  'mounts',
  'service_mgr',
  'systemd_version',
  'virtualization_type',
  'uptime_seconds',
  'date_time',
  'user_id',
  'machine_id',
  'local',
] as const;

/** Read by one process; a name above each tells them apart. The agent's own shell would take them byte by byte. */
const FILES = {
  os: '/etc/os-release',
  meminfo: '/proc/meminfo',
  cpus: '/sys/devices/system/cpu/online',
  uptime: '/proc/uptime',
  mounts: '/proc/self/mounts',
  hosts: '/etc/hosts',
  machine: '/etc/machine-id',
  virt: '/run/systemd/container',
} as const;

/** sh that prints the facts in sections. It starts five programs: head, uname, ip, df, date; id for users other than root. */
export const factsScript = `section() { printf '\\n==> %s <==\\n' "$1"; }
# The library that all of systemd shares is named after the version; systemctl takes longer than all other facts.
systemd_version() {
  for library in /usr/lib/*/systemd/libsystemd-shared-*.so /usr/lib/systemd/libsystemd-shared-*.so; do
    [ ! -e "$library" ] || { echo "systemd \${library##*/libsystemd-shared-}"; return; }
  done
  systemctl --version 2>/dev/null
}
head -v -n 1000 ${Object.values(FILES).join(' ')} 2>/dev/null
section uname; uname -srmn
section network; ip -j -batch - 2>/dev/null <<'.'
address
route show default table all
.
section df; df -P -B1 2>/dev/null
section init; if [ -d /run/systemd/system ]; then echo systemd; systemd_version; else echo other; fi
section date; date -u '+%Y-%m-%dT%H:%M:%SZ %s %Z'
section user; if [ "$uid" = 0 ]; then echo root; else id -un; fi
section local; ${LOCAL_FACTS}`;

const FAMILIES: ReadonlyMap<string, string> = new Map([
  ['debian', 'Debian'],
  ['ubuntu', 'Debian'],
  ['rhel', 'RedHat'],
  ['fedora', 'RedHat'],
  ['centos', 'RedHat'],
  ['alpine', 'Alpine'],
]);

/** Facts from what the script printed. Whatever is missing or malformed is left out. */
export function parseFacts(text: string): FactsAnswer {
  const sections = new Map(
    text.split(/^==> /m).map((part): [string, string] => {
      const end = part.indexOf(' <==\n');
      return [part.slice(0, end), part.slice(end + 5).trim()];
    }),
  );
  const of = (name: string): string => sections.get(name) ?? '';
  const read = (name: keyof typeof FILES): string => of(FILES[name]);
  const [system = '', nodename = '', kernel = '', machine = ''] = of('uname').split(' ');
  const interfaces = interfacesFrom(of('network'));
  const route = defaultRoute(of('network'), interfaces);
  return dropUnknown({
    ...osFacts(read('os')),
    system,
    nodename,
    kernel,
    architecture: machine,
    hostname: nodename.split('.')[0],
    ...nameFacts(nodename, read('hosts')),
    ...memoryFacts(read('meminfo')),
    processor_vcpus: countOf(read('cpus')),
    processor_count: countOf(read('cpus')),
    uptime_seconds: Math.floor(Number(read('uptime').split(' ')[0])) || undefined,
    interfaces: [...interfaces.keys()],
    ...Object.fromEntries(
      [...interfaces].map(([name, facts]) => [name.replace(/[^A-Za-z0-9]/g, '_'), facts]),
    ),
    ...route,
    all_ipv4_addresses: addressesOf(interfaces, 'ipv4'),
    all_ipv6_addresses: addressesOf(interfaces, 'ipv6'),
    mounts: mountFacts(read('mounts'), of('df')),
    ...initFacts(of('init')),
    virtualization_type: read('virt')
      .split('\n')
      .find((line) => line !== ''),
    machine_id: read('machine') || undefined,
    date_time: dateFacts(of('date')),
    user_id: of('user') || undefined,
    local: localFacts(of('local')),
  });
}

/** How many numbers a list of ranges holds (`0-3,6`). */
function countOf(ranges: string): number | undefined {
  const count = ranges.split(',').reduce((sum, range) => {
    const [from, to = from] = range.split('-');
    return sum + Number(to) - Number(from) + 1;
  }, 0);
  return Number.isFinite(count) && count > 0 ? count : undefined;
}

function osFacts(text: string): Record<string, unknown> {
  const values = new Map(
    text.split('\n').map((line): [string, string] => {
      const at = line.indexOf('=');
      return [line.slice(0, at), line.slice(at + 1).replace(/^(["'])(.*)\1$/, '$2')];
    }),
  );
  const id = values.get('ID') ?? '';
  // Debian's testing and unstable have none; Ansible says "forky/sid" then, as their full name does.
  const version = values.get('VERSION_ID') || unnamedVersion(values);
  const family = [id, ...(values.get('ID_LIKE') ?? '').split(' ')]
    .map((name) => FAMILIES.get(name))
    .find((name) => name !== undefined);
  return {
    os_family: family,
    distribution: id === '' ? undefined : id.charAt(0).toUpperCase() + id.slice(1),
    distribution_version: version,
    distribution_major_version: version?.split('.')[0],
    distribution_release:
      values.get('VERSION_CODENAME') ?? values.get('DEBIAN_CODENAME') ?? (id === '' ? undefined : NOT_KNOWN),
  };
}

/** Ansible's word for what a host does not say. */
const NOT_KNOWN = 'NA';

function unnamedVersion(values: ReadonlyMap<string, string>): string | undefined {
  if (!values.has('ID')) return undefined;
  const [name = '', full = ''] = [values.get('NAME'), values.get('PRETTY_NAME')];
  return (name !== '' && full.startsWith(`${name} `) && full.slice(name.length + 1)) || NOT_KNOWN;
}

function nameFacts(nodename: string, hosts: string): Record<string, unknown> {
  const short = nodename.split('.')[0] ?? '';
  const names = hosts
    .split('\n')
    .map((line) => line.replace(/#.*/, '').trim().split(/\s+/).slice(1))
    .find((list) => list.includes(short));
  const fqdn = nodename.includes('.') ? nodename : (names?.find((name) => name.includes('.')) ?? nodename);
  return { fqdn, domain: fqdn.split('.').slice(1).join('.') };
}

function memoryFacts(text: string): Record<string, unknown> {
  const kib = new Map(
    text.split('\n').map((line): [string, number] => {
      const [, key = '', value] = /^(\S+):\s+(\d+) kB$/.exec(line.trim()) ?? [];
      return [key, Number(value)];
    }),
  );
  const mb = (key: string): number | undefined => {
    const value = kib.get(key);
    return value === undefined || Number.isNaN(value) ? undefined : Math.floor(value / 1024);
  };
  return { memtotal_mb: mb('MemTotal'), memfree_mb: mb('MemFree'), swaptotal_mb: mb('SwapTotal') };
}

function addressesOf(interfaces: ReturnType<typeof interfacesFrom>, family: 'ipv4' | 'ipv6'): string[] {
  return [...interfaces.values()]
    .filter((one) => one.device !== 'lo')
    .flatMap((one) =>
      one.addresses.filter((address) => address.family === family).map((address) => address.address),
    );
}

function mountFacts(mounts: string, df: string): Record<string, unknown>[] {
  const sizes = new Map(
    df.split('\n').map((line): [string, { size_total: number; size_available: number }] => {
      const [, total, , available, , ...mount] = line.trim().split(/\s+/);
      return [mount.join(' '), { size_total: Number(total), size_available: Number(available) }];
    }),
  );
  return mounts.split('\n').flatMap((line) => {
    const [device = '', mount = '', fstype = '', options = ''] = line
      .split(' ')
      .map((field) => field.replace(/\\040/g, ' '));
    const size = sizes.get(mount);
    return size && Number.isFinite(size.size_total) ? [{ mount, device, fstype, options, ...size }] : [];
  });
}

function initFacts(text: string): Record<string, unknown> {
  const version = /^systemd (\d+)/m.exec(text)?.[1];
  return {
    service_mgr: text.split('\n')[0] || undefined,
    systemd_version: version === undefined ? undefined : Number(version),
  };
}

function dateFacts(text: string): Record<string, unknown> | undefined {
  const [iso8601, epoch, tz] = text.split(' ');
  return iso8601 === undefined || iso8601 === ''
    ? undefined
    : { iso8601, epoch, tz, date: iso8601.slice(0, 10) };
}

function dropUnknown(facts: Record<string, unknown>): FactsAnswer {
  return Object.fromEntries(Object.entries(facts).filter(([, value]) => value !== undefined));
}
