import type { ResolvedPlay } from '../controller/play.js';
import type { Playbook } from '../playbook/model.js';
import { listTasks } from '../playbook/listing.js';

/** What `ansible-playbook --list-tasks` prints. */
export function listTasksText(playbook: Playbook, plays: readonly ResolvedPlay[]): string {
  void plays;
  return listTasks(playbook);
}

/** What `ansible-playbook --list-hosts` prints. */
export function listHostsText(playbook: Playbook, plays: readonly ResolvedPlay[]): string {
  const lines = ['', `playbook: ${playbook.path}`];
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
  return `${lines.join('\n')}\n`;
}
