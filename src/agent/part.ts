/** A numbered piece of a request's script. Its output is kept apart from that of all others. */
export interface Part {
  readonly code: string;
  /** exit codes after which the script goes on; undefined: whatever it is */
  readonly ok: readonly number[] | undefined;
  /** bytes of each stream that are kept, half from the head and half from the tail */
  readonly keep: number;
}

/** What a part left behind. */
export interface PartOutput {
  readonly rc: number;
  readonly stdout: Buffer;
  readonly stderr: Buffer;
}

/** The script of a request: each part ends with its marker; one that fails ends the script. */
export function scriptOf(parts: readonly Part[]): string {
  return parts.map(partCode).join('');
}

function partCode(part: Part, index: number): string {
  const stop =
    part.ok === undefined
      ? ''
      : part.ok.length === 0
        ? 'exit\n'
        : `case $r in ${part.ok.join('|')}) ;; *) exit ;; esac\n`;
  return `{\n${part.code}\n}\nr=$?; say ${index} $r\n${stop}`;
}
