/** What useradd and groupadd of Debian accept. */
export const accountNameSchema = { type: 'string', pattern: '^[A-Za-z_][A-Za-z0-9_.-]*\\$?$' } as const;
