import { checkShape } from './check-shape.js';
import type { Frame } from './frame.js';
import { applied, inherit } from './inherited.js';
import type { TaskNode } from './model.js';
import { childOf, isMapping, placeOf, showKind, wrong } from './node.js';
import { loadRole, type LoadedRole } from './role.js';
import { resolveImport } from './role-uses.js';
import { importedRoleShape, importRoleShape } from './schema.js';

/**
 * What `import_role` is replaced by: the tasks of the role behind those of the roles that it depends on, or the tasks of one
 * file of it alone. Like tasks, roles are imported at load time, so `include_role` means the same.
 * @param loaded the roles of the play: what is imported is added, so that its handlers, checks and defaults are the play's
 */
export function roleImporter(loaded: LoadedRole[]): Frame['importRole'] {
  return (node, key, frame) => {
    checkShape(node, importRoleShape);
    const what = childOf(node, key)!;
    if (!isMapping(what.value))
      throw wrong(what, `${key} must be a mapping, not ${showKind(what.value)}`, importedRoleShape.example);
    const { tasks_from: from } = checkShape(what, importedRoleShape);
    const inherited = applied(inherit(frame.inherited, node), what);
    const where = { loader: frame.loader, dir: frame.dir, inherited, position: placeOf(node) };
    return resolveImport(childOf(what, 'name')!, where).flatMap((use, index, uses): readonly TaskNode[] => {
      const wanted = index === uses.length - 1;
      const known = loaded.find((one) => one.role.path === use.path);
      // What it depends on has run, when the play has it already.
      if (known && !wanted) return [];
      const part = typeof from === 'string' ? from : undefined;
      const role = loadRole(use, frame, wanted ? part : undefined);
      loaded.push(known ? { ...role, handlers: [], checks: [] } : role);
      return wanted || part === undefined ? role.tasks : [];
    });
  };
}
