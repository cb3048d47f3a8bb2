import type { JsonSchema } from '../schema.js';
import { secretsIn } from '../write-only.js';
import type { Secrets } from './secrets.js';

/** What a schema calls `writeOnly` in a value is secret from now on. The only place where this is decided (see write-only.ts). */
export function noteSecrets(value: unknown, schema: JsonSchema, secrets: Secrets): void {
  for (const secret of secretsIn(schema, value)) secrets.add(String(secret));
}
