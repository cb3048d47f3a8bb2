import type { Inherited } from './inherited.js';
import type { Loader } from './loader.js';
import type { Role, TaskNode } from './model.js';
import type { YamlNode } from './node.js';

/** Where a list of tasks stands: what its tasks belong to and inherit. */
export interface Frame {
  readonly loader: Loader;
  /** absolute path of the folder of the play's playbook */
  readonly dir: string;
  readonly role: Role | undefined;
  readonly inherited: Inherited;
  /** absolute paths of the file and of those that import it, outermost first */
  readonly files: readonly string[];
  readonly kind: 'task' | 'handler';
  /** every literal `notify` of the play is put here, to be held against its handlers when those are known */
  readonly notified: Notification[];
  /** the tasks of an `import_role`; its handlers, checks and variables become the play's */
  readonly importRole: (node: YamlNode, key: string, frame: Frame) => readonly TaskNode[];
}

export interface Notification {
  readonly node: YamlNode;
  readonly role: Role | undefined;
}
