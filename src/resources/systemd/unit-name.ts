const SUFFIX = /\.(?:service|socket|target|timer|mount|automount|path|slice|scope|swap|device)$/;

/** The name as systemd has it: `nginx` is `nginx.service`. */
export function unitName(name: string): string {
  return SUFFIX.test(name) ? name : `${name}.service`;
}

export const unitNameSchema = {
  type: 'string',
  pattern: '^[A-Za-z0-9:_.\\\\@][A-Za-z0-9:_.\\\\@-]*$',
} as const;
