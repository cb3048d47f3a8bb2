import type { KeptTrees } from '../template/yaml.js';
import type { TreeNode } from '../template/yaml-tree.js';
import type { Cache } from './io.js';

/** Of so many playbooks at most the trees are kept. */
const PLAYBOOKS = 32;

/**
 * What reading the files of a playbook came to the last time, by their text. Only playbooks and roles are read with it: inventories are
 * where secrets are.
 */
export function openTrees(cache: Cache, playbook: string): KeptTrees & { save(): void } {
  const name = `trees-${slotOf(playbook)}.json`;
  const known = parse(cache.read(name));
  const used = new Map<string, TreeNode | null>();
  let isNew = false;
  return {
    get(text) {
      const root = known.get(text);
      if (root !== undefined) used.set(text, root);
      return root;
    },
    put(text, root) {
      used.set(text, root);
      isNew = true;
    },
    save() {
      if (isNew) cache.write([[name, JSON.stringify([...used])]]);
    },
  };
}

function parse(kept: Buffer | undefined): Map<string, TreeNode | null> {
  try {
    return new Map(kept && (JSON.parse(kept.toString('utf8')) as [string, TreeNode | null][]));
  } catch {
    // Half of a file, from a machine that went down: it is written anew.
    return new Map();
  }
}

/** Two playbooks of one slot take turns. */
function slotOf(path: string): number {
  let sum = 0;
  for (let index = 0; index < path.length; index += 1) sum = (sum * 31 + path.charCodeAt(index)) % 0x7fffffff;
  return sum % PLAYBOOKS;
}
