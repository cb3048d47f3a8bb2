import { readForeignJson } from '../../foreign-json.js';

/**
 * What the last run has brought about for one ecosystem file: kept beside PM2's own files, so that a run that finds the
 * same file and its processes alive need not evaluate JavaScript.
 */
export interface RunRecord {
  /** of the ecosystem file */
  readonly sha256: string;
  readonly apps: readonly RecordedApp[];
}

export interface RecordedApp {
  readonly name: string;
  /** how many processes */
  readonly instances: number;
  /** as configured: links not resolved */
  readonly cwd: string;
  /** a hash of its whole configuration, which holds secrets and so is not kept itself */
  readonly digest: string;
  /** its options and the variables of its environment */
  readonly keys: readonly string[];
  /** where it logs; records of earlier versions say nothing of it */
  readonly logs?: readonly string[];
}

export function formatRecord(record: RunRecord): string {
  return `${JSON.stringify(record)}\n`;
}

/** No ecosystem file describes more. */
const MOST = 1000;

/** Undefined when there is none, or none that can be read. The application's user can write it: nothing in it is sure to be there. */
export function parseRecord(text: string): RunRecord | undefined {
  const record = readForeignJson(text) as { sha256?: unknown; apps?: unknown } | null | undefined;
  if (typeof record?.sha256 !== 'string' || !Array.isArray(record.apps)) return undefined;
  const apps: unknown[] = record.apps;
  if (apps.length > MOST || !apps.every(isApp)) return undefined;
  return { sha256: record.sha256, apps };
}

function isApp(value: unknown): value is RecordedApp {
  const {
    name,
    instances,
    cwd,
    digest,
    keys,
    logs = [],
  } = (value ?? {}) as Partial<Record<keyof RecordedApp, unknown>>;
  return (
    [name, cwd, digest].every((one) => typeof one === 'string') &&
    typeof instances === 'number' &&
    Array.isArray(keys) &&
    keys.every((key) => typeof key === 'string') &&
    Array.isArray(logs) &&
    logs.every((path) => typeof path === 'string' && path.startsWith('/'))
  );
}
