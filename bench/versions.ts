import { release } from 'node:os';
import { attempt } from '../src/cluster/run.js';
import { version } from '../src/cli/version.js';
import type { Hosts } from './hosts.js';
import { sshCommand } from './contestants.js';

/** What took part, for the table. */
export async function readVersions(hosts: Hosts | undefined): Promise<Record<string, string>> {
  const said = async (argv: readonly string[]): Promise<string> => {
    const ran = await attempt(argv).catch(() => ({ stdout: '', stderr: '' }));
    return (ran.stdout || ran.stderr).trim().split('\n')[0] ?? '';
  };
  const debianPackage = (name: string): Promise<string> =>
    said(['dpkg-query', '--showformat=${Version}\\n', '--show', name]);
  const onHost = (command: string): Promise<string> =>
    hosts === undefined ? Promise.resolve('') : said(sshCommand(hosts.endpoints[0]!, hosts.login, [command]));
  const all = {
    provision: version(),
    Node: process.version,
    OpenSSH: await said(['ssh', '-V']),
    'ansible-core': await debianPackage('ansible-core'),
    'ansible-mitogen': await debianPackage('ansible-mitogen'),
    'kernel of machine and hosts': release(),
    'Debian on the hosts': await onHost('cat /etc/debian_version'),
    'Python on the hosts': await onHost('python3 --version 2>/dev/null || :'),
  };
  return Object.fromEntries(Object.entries(all).filter(([, text]) => text !== ''));
}
