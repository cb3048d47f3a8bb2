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
}

export function formatRecord(record: RunRecord): string {
  return `${JSON.stringify(record)}\n`;
}

/** Undefined when there is none, or none that can be read. */
export function parseRecord(text: string): RunRecord | undefined {
  try {
    const record = JSON.parse(text) as RunRecord | null;
    return typeof record?.sha256 === 'string' && Array.isArray(record.apps) ? record : undefined;
  } catch {
    return undefined;
  }
}
