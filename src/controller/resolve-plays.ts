import { UsageError } from '../errors.js';
import { matchHosts } from '../inventory/pattern.js';
import type { Play } from '../playbook/model.js';
import { renderValue } from '../template/render.js';
import type { Run } from './run-state.js';

/** A play and the hosts that its pattern and --limit leave. */
export interface ResolvedPlay {
  readonly play: Play;
  readonly hosts: readonly string[];
  /** why the inventory has none for it: its pattern names a group or host that is not there */
  readonly unknown?: string | undefined;
}

/** Which hosts each play works on. */
export function resolvePlays(run: Run): ResolvedPlay[] {
  const { playbook, inventory, limit } = run.options;
  const anyone = run.scopes.ofHost('localhost');
  return playbook.plays.map((play) => {
    const rendered = renderValue(play.hosts, anyone);
    const pattern = Array.isArray(rendered) ? rendered.join(',') : String(rendered);
    if (pattern === 'localhost' && !inventory.hosts.has('localhost')) return { play, hosts: ['localhost'] };
    const { hosts, unknown } = hostsOf(pattern, run);
    return { play, hosts: limit ? hosts.filter((host) => limit.includes(host)) : hosts, unknown };
  });
}

/**
 * An inventory need not have every group that a playbook serves: the play is left out, and said so. `unknown` holds what
 * was not found.
 */
function hostsOf(pattern: string, run: Run): { hosts: string[]; unknown: string | undefined } {
  try {
    return { hosts: matchHosts(pattern, run.options.inventory), unknown: undefined };
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    return { hosts: [], unknown: error.message };
  }
}
