/** A numbered piece of a request's script. Its output is kept apart from that of all others. */
export interface Part {
  readonly code: string;
  /** exit codes after which the script goes on; undefined: whatever it is */
  readonly ok: readonly number[] | undefined;
  /** bytes of each stream that are kept, half from the head and half from the tail */
  readonly keep: number;
  /** what it says on stderr is of no interest: there is no marker on that stream, which would be a packet on the wire */
  readonly quiet?: boolean;
}

/** What a part left behind. */
export interface PartOutput {
  readonly rc: number;
  readonly stdout: Buffer;
  readonly stderr: Buffer;
  /** bytes of stdout were left out */
  readonly cut?: boolean;
}

/** The script of a request: each part ends with its marker; one that fails ends the script. */
export function scriptOf(parts: readonly Part[]): string {
  return parts.map(partCode).join('');
}

function partCode({ code, ok, quiet = false }: Part, index: number): string {
  const errors = quiet ? ' 2>/dev/null' : '';
  const mark = quiet ? 'tell' : 'say';
  if (ok === undefined) return `{\n${code}\n}${errors}\n${mark} ${index} $?\n`;
  const stop = ok.length === 0 ? 'exit' : `case $r in ${ok.join('|')}) ;; *) exit ;; esac`;
  return `{\n${code}\n}${errors}\nr=$?; ${mark} ${index} $r\n${stop}\n`;
}
