import type { ResolvedPlay } from '../controller/resolve-plays.js';
import type { Playbook } from '../playbook/model.js';

/** What `ansible-playbook --list-hosts` prints. */
export function listHosts(playbook: Playbook, plays: readonly ResolvedPlay[]): string[] {
  const lines = ['', `playbook: ${playbook.name}`];
  for (const [index, { play, hosts }] of plays.entries()) {
    lines.push(
      '',
      `  play #${index + 1} (${String(play.hosts)}): ${play.name}\tTAGS: [${play.tags.join(',')}]`,
    );
    lines.push(
      `    pattern: ${JSON.stringify([play.hosts].flat())}`,
      `    hosts (${hosts.length}):`,
      ...hosts.map((host) => `      ${host}`),
    );
  }
  return lines;
}
