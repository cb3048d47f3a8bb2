import { ConfigurationError, type Position } from '../errors.js';

/** Names that the run itself gives a meaning: nobody can set them. */
export const RESERVED_NAMES: ReadonlySet<string> = new Set([
  'inventory_hostname',
  'inventory_hostname_short',
  'inventory_dir',
  'inventory_file',
  'playbook_dir',
  'role_path',
  'role_name',
  'groups',
  'group_names',
  'hostvars',
  'vars',
  'defined',
  'lookup',
  'ansible_play_hosts',
  'ansible_play_batch',
  'ansible_play_name',
  'ansible_role_names',
  'ansible_check_mode',
  'ansible_facts',
]);

/** @throws ConfigurationError for a name that is reserved or that is no name */
export function checkVariableName(name: string, position: Position | undefined): void {
  if (RESERVED_NAMES.has(name)) {
    throw new ConfigurationError(`"${name}" is a name with a meaning of its own and cannot be set`, {
      position,
      hint: 'Choose another name for the variable.',
    });
  }
  if (name.trim() === '') throw new ConfigurationError('a variable needs a name', { position });
}
