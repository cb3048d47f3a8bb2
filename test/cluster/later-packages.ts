import type { Project, Ran } from './support.js';

/**
 * Security updates that Debian has not made: the packages a host has, packed again under a later version, in a repository on the host
 * that says of itself what Debian's does. What installs them is the host's own apt-daily-upgrade.service.
 */
export interface LaterPackages {
  /** needrestart, set to restart services whose files were upgraded as Ubuntu's is, and other packages */
  prepare(...others: string[]): Promise<Ran>;
  /** make later versions of those of these packages that a host has */
  offer(names: readonly string[]): Promise<Ran>;
  /** run what the timers run each day, and wait for it */
  upgrade(): Promise<Ran>;
  /** `package version` of each package that now is a later one, by host */
  installed(): Promise<Map<string, string[]>>;
  /** `service process since` of each process of these services that was there for more than 3 s, by host */
  processes(services: readonly string[]): Promise<Map<string, string[]>>;
  withdraw(): Promise<Ran>;
}

const folder = '/srv/later';
const source = '/etc/apt/sources.list.d/later.list';

export function laterPackages(project: Project, hosts: string): LaterPackages {
  const on = (code: string): Promise<Ran> =>
    project.provision('exec', '-i', project.inventory, '-T', '300', hosts, '--', code);
  const lines = async (code: string): Promise<Map<string, string[]>> => byHost((await on(code)).stdout);
  return {
    offer: (names) => on(offer(names)),
    prepare: (...others) =>
      on(`set -e; mkdir -p /etc/needrestart/conf.d
        echo "\\$nrconf{restart} = 'a';" >/etc/needrestart/conf.d/50-as-on-ubuntu.conf
        DEBIAN_FRONTEND=noninteractive apt-get install -qq --no-install-recommends needrestart ${others.join(' ')}`),
    upgrade: () => on(upgrade),
    installed: () => lines("dpkg-query -W -f '${Package} ${Version}\\n' | grep -F +later. || true"),
    processes: (services) => lines(processes(services)),
    withdraw: () =>
      on(`rm -rf ${folder} ${source} /etc/needrestart/conf.d/50-as-on-ubuntu.conf; apt-get update -qq`),
  };
}

function offer(names: readonly string[]): string {
  return `set -eu
    rm -rf ${folder}; mkdir -p ${folder}; cd ${folder}
    for name in ${names.join(' ')}; do
      [ "$(dpkg-query -W -f '\${db:Status-Status}' "$name" 2>/dev/null)" = installed ] || continue
      version=$(apt-cache show "$name" | sed -n 's/^Version: //p' | grep -vF -m1 +later)
      apt-get download -qq "$name=$version"
      dpkg-deb -R "$name"_*.deb tree
      rm "$name"_*.deb
      sed -i 's/^Version: .*/&+later.'$(date +%s)/ tree/DEBIAN/control
      dpkg-deb -Zgzip -z1 --root-owner-group -b tree "$name.deb" >/dev/null
      rm -r tree
      dpkg-deb -f "$name.deb"
      echo "Filename: $name.deb"
      echo "Size: $(stat -c %s "$name.deb")"
      echo "SHA256: $(sha256sum "$name.deb" | cut -d' ' -f1)"
      echo
    done >Packages
    . /etc/os-release
    cat >Release <<END
Origin: Debian
Label: Debian-Security
Suite: stable-security
Codename: $VERSION_CODENAME-security
Date: $(date -Ru)
SHA256:
 $(sha256sum Packages | cut -d' ' -f1) $(stat -c %s Packages) Packages
END
    echo 'deb [trusted=yes] file:${folder} ./' >${source}`;
}

// A later C library makes systemd start itself anew, which no command that waits for a unit survives.
const upgrade = `set -eu
  rm -f /var/lib/apt/periodic/*-stamp
  for unit in apt-daily.service apt-daily-upgrade.service; do
    systemctl start --no-block "$unit"
    for _ in $(seq 300); do
      sleep 1
      case $(systemctl show -p ActiveState --value "$unit" 2>/dev/null) in inactive) break ;; failed) exit 1 ;; esac
    done
  done
  systemctl show -p ActiveState --value apt-daily-upgrade.service
  tail -n 20 /var/log/unattended-upgrades/unattended-upgrades.log`;

function processes(services: readonly string[]): string {
  return `for service in ${services.join(' ')}; do
    group=$(systemctl show -p ControlGroup --value "$service")
    [ -n "$group" ] || continue
    for pid in $(cat "/sys/fs/cgroup$group/cgroup.procs"); do
      ps -o etimes=,pid=,lstart= -p "$pid" | while read -r age id since; do
        [ "$age" -le 3 ] || echo "$service $id $since"
      done
    done
  done`;
}

/** What exec printed, in lines by host. */
function byHost(text: string): Map<string, string[]> {
  const found = new Map<string, string[]>();
  let lines: string[] = [];
  for (const line of text.split('\n')) {
    const host = /^(\S+) \| rc=\d+ \| \d+ ms$/.exec(line)?.[1];
    if (host !== undefined) found.set(host, (lines = []));
    else if (line !== '') lines.push(line);
  }
  return found;
}
