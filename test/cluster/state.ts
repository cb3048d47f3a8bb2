import { expect } from 'chai';
import type { Project } from './support.js';

/**
 * Note on every host all that a run could touch: names, inodes, modes, owners, times and contents of files, and the processes
 * that run. Left out is what changes by itself: the clock's stamp, the database's own files, health checks, and the logins with
 * which this is asked.
 */
export async function noteState(project: Project): Promise<void> {
  const noted = await project.provision(
    'exec',
    '-i',
    project.inventory,
    'all',
    '--',
    `${LIST} >${BEFORE}; wc -l <${BEFORE}`,
  );
  expect(noted.status, noted.text.slice(-2000)).to.equal(0);
  for (const [, count] of noted.stdout.matchAll(/rc=0 \| \d+ ms\n(\d+)$/gm))
    expect(Number(count)).to.be.above(500);
}

/** Hold every host against what was noted. @throws AssertionError that names what differs, host by host */
export async function expectUntouched(project: Project): Promise<void> {
  const compare = `${LIST} >${BEFORE}.now; diff ${BEFORE} ${BEFORE}.now | grep '^[<>]'; rm ${BEFORE}.now`;
  const { stdout } = await project.provision('exec', '-i', project.inventory, 'all', '--', compare);
  const lines = stdout.split('\n').filter((line) => line !== '');
  expect(lines.filter((line) => !/^\S+ \| rc=0 \| \d+ ms$/.test(line))).to.deep.equal([]);
  expect(lines.length).to.be.above(0);
}

// On a file system of its own, which nothing of it is part of.
const BEFORE = '/run/provision-test-state';
const OWN = String.raw`/var/lib/(mysql|systemd|private/systemd|haproxy)/`;

const LIST = `{
  find /etc /var/lib /srv /usr/local -xdev -printf '%p %i %y %m %u %g %s %T@ %l\\n'
  find /etc /var/lib /srv /usr/local -xdev -type f -exec cksum {} +
  ps -eo pid=,lstart=,unit=,args= | grep -Ev ' (session-|user@|ssh|user-|init\\.scope)|curl --silent'
} | grep -Ev '${OWN}' | sort`;
