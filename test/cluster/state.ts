import { expect } from 'chai';
import type { Project } from './support.js';

/**
 * All that a run could touch on all hosts, as lines: names, inodes, modes, owners, times and contents of files, and the processes
 * that run. Left out is what changes by itself: the clock's stamp, the database's own files, the log of the process manager, and
 * the logins with which this is asked.
 */
export async function stateOf(project: Project): Promise<ReadonlyMap<string, readonly string[]>> {
  const ran = await project.provision('exec', '-i', project.inventory, 'all', '--', ASK);
  expect(ran.status, ran.text.slice(-2000)).to.equal(0);
  const hosts = ran.stdout.split(/^(\S+) \| rc=0 \| \d+ ms\n/m).slice(1);
  return new Map(
    hosts.flatMap((name, index) =>
      index % 2 === 0 ? [[name, (hosts[index + 1] ?? '').trimEnd().split('\n')] as const] : [],
    ),
  );
}

/** @throws AssertionError that names what differs, host by host */
export function untouched(
  before: ReadonlyMap<string, readonly string[]>,
  after: ReadonlyMap<string, readonly string[]>,
): void {
  expect([...after.keys()].sort()).to.deep.equal([...before.keys()].sort());
  for (const [host, lines] of before) {
    const [then, now] = [new Set(lines), new Set(after.get(host))];
    expect(lines.length, host).to.be.above(100);
    expect(
      [
        ...lines.filter((line) => !now.has(line)).map((line) => `- ${line}`),
        ...[...now].filter((line) => !then.has(line)).map((line) => `+ ${line}`),
      ],
      host,
    ).to.deep.equal([]);
  }
}

const OWN = String.raw`^/var/lib/(mysql|systemd|private/systemd)/`;

const ASK = `
find /etc /var/lib /srv /usr/local -xdev -printf '%p %i %y %m %u %g %s %T@ %l\\n' | grep -Ev '${OWN}' | sort
find /etc /var/lib /srv /usr/local -xdev -type f -exec sha256sum {} + | grep -Ev '  ${OWN.slice(1)}' | sort -k 2
ps -eo pid=,lstart=,unit=,args= | grep -Ev ' (session-|user@|ssh|user-|init\\.scope)'
`;
