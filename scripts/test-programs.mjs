// What the tests start beside Node: installed as root on Debian, else named in one command. Tests whose program is missing are skipped.
import { spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Packages of Debian, by a program or file of each. */
const packages = {
  sshd: 'openssh-server',
  'ssh-agent': 'openssh-client',
  mariadbd: 'mariadb-server-core',
  mariadb: 'mariadb-client-core',
  sudo: 'sudo',
  busybox: 'busybox',
  shellcheck: 'shellcheck',
  curl: 'curl',
  ruby: 'ruby',
  cc: 'gcc',
  ld: 'binutils',
  '/usr/include/stdio.h': 'libc6-dev',
  python3: 'python3',
  '/usr/lib/python3/dist-packages/yaml/__init__.py': 'python3-yaml',
};

const places = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/sbin'];
const missing = Object.entries(packages)
  .filter(
    ([name]) => !(name.startsWith('/') ? [name] : places.map((place) => join(place, name))).some(isThere),
  )
  .map(([, one]) => one);
const install = ['apt-get', '-qy', '--no-install-recommends', 'install', ...missing];

if (missing.length === 0) {
  console.log('all programs that the tests start are installed');
} else if (process.getuid?.() === 0 && places.some((place) => isThere(join(place, 'apt-get')))) {
  console.log(`installing what the tests start: ${missing.join(', ')}`);
  for (const [command, ...args] of [['apt-get', '-q', 'update'], install]) {
    const { status } = spawnSync(command, args, {
      stdio: ['ignore', 'ignore', 'inherit'],
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    });
    if (status !== 0) {
      console.error(`${command} ${args.join(' ')} failed: the tests of ${missing.join(', ')} are skipped`);
      break;
    }
  }
} else {
  console.log(`tests that start these are skipped: ${missing.join(', ')}\n  try: sudo ${install.join(' ')}`);
}

function isThere(path) {
  try {
    accessSync(path, constants.R_OK);
    return true;
  } catch {
    return false;
  }
}
