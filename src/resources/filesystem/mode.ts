import { TaskError } from '../../errors.js';
import type { JsonSchema } from '../../schema.js';

/** Permissions as a user writes them: `"0644"`, 420 (what YAML makes of 0o644) or symbolic, `u=rw,g=r,o=`. */
export type Mode = string | number;

const CLAUSE = '[ugoa]*([-+=][rwxXst]*|[-+=][ugo])+';

export const modeSchema: JsonSchema = {
  type: ['string', 'integer'],
  pattern: `^((0o?)?[0-7]{3,4}|${CLAUSE}(,${CLAUSE})*)$`,
  minimum: 0,
  maximum: 0o7777,
  description: 'permissions: "0644" (in quotes), or symbolic, `u=rw,g=r,o=`',
};

/** `+x` as chmod means it with a umask of 022: for all, but nobody else is let write by it. */
function explicit(mode: string): string {
  return mode
    .split(',')
    .flatMap((clause) =>
      /^[ugoa]/.test(clause)
        ? [clause]
        : [...clause.matchAll(/([-+=])([rwxXst]*[ugo]?)/g)].flatMap(([, operator, permissions = '']) => {
            const others = permissions.replaceAll('w', '');
            const isOnlyWrite = others === '' && permissions !== '' && operator !== '=';
            return [
              ...(isOnlyWrite ? [] : [`a${operator!}${others}`]),
              ...(permissions.includes('w') ? [`u${operator === '=' ? '+' : operator!}w`] : []),
            ];
          }),
    )
    .join(',');
}

/**
 * The permission bits that a mode stands for. `current` is what symbolic modes start from; left out for a new file, which
 * starts from what a umask of 022 would give it.
 * @throws TaskError for a number that is more likely an octal mode without its quotes
 */
export function resolveMode(mode: Mode, type: 'file' | 'directory', current?: number): number {
  if (typeof mode === 'number') return fromNumber(mode);
  if (isOctal(mode)) return Number.parseInt(mode.replace(/^0o/, ''), 8);
  const start = current ?? (type === 'directory' ? 0o755 : 0o644);
  return applySymbolic({
    mode,
    start,
    type,
    searchable: (bits) => type === 'directory' || (bits & 0o111) !== 0,
  });
}

/** Permission bits as four octal digits: `0644`. */
export function formatMode(bits: number): string {
  return bits.toString(8).padStart(4, '0');
}

/** What every entry of a tree must have and must not have, whatever it has now: for directories, executables and other files. */
export interface ModeMask {
  readonly set: number;
  readonly clear: number;
}

/**
 * A mode as masks, for comparing many files at once. X is decided by whether the entry is a directory or executable by
 * anyone before the change.
 * @throws TaskError for `g=u` and the like, which depend on each file's own bits
 */
export function modeMask(mode: Mode, type: 'directory' | 'executable' | 'plain'): ModeMask {
  if (typeof mode === 'number' || isOctal(mode)) {
    const bits = resolveMode(mode, 'file');
    return { set: bits, clear: 0o7777 & ~bits };
  }
  if (/[-+=][ugo]/.test(mode)) throw new TaskError(`mode ${mode} copies bits of each file: not with recurse`);
  const apply = (start: number): number =>
    applySymbolic({
      mode,
      start,
      type: type === 'directory' ? type : 'file',
      searchable: () => type !== 'plain',
    });
  return { set: apply(0), clear: 0o7777 & ~apply(0o7777) };
}

/** The mode as chmod's argument. Five digits: with four, GNU chmod keeps a directory's setgid bit. */
export function chmodArgument(mode: Mode): string {
  return typeof mode === 'string' && !isOctal(mode)
    ? explicit(mode)
    : `0${formatMode(resolveMode(mode, 'file'))}`;
}

function isOctal(mode: string): boolean {
  return /^(0o?)?[0-7]{3,4}$/.test(mode);
}

/** YAML reads 0644 as the decimal 644 and 0o644 as 420: a number whose digits look like a mode is refused, not guessed at. */
function fromNumber(mode: number): number {
  const digits = String(mode);
  if (/^[0-7]{3,4}$/.test(digits) && looksLikeMode(Number.parseInt(digits, 8))) {
    throw new TaskError(`mode ${digits} is a decimal number, which is ${formatMode(mode)} in octal`, {
      hint: `write mode: "0${digits}" in quotes`,
    });
  }
  return mode;
}

/** The owner can read, and nobody has what the ones before them have not. */
function looksLikeMode(bits: number): boolean {
  const [user, group, other] = [(bits >> 6) & 7, (bits >> 3) & 7, bits & 7];
  return (user & 4) !== 0 && (user & group) === group && (group & other) === other;
}

const WHO: Readonly<Record<string, number>> = { u: 0o4700, g: 0o2070, o: 0o1007 };
const PERMISSION: Readonly<Record<string, number>> = { r: 0o444, w: 0o222, x: 0o111, s: 0o6000, t: 0o1000 };

interface Symbolic {
  readonly mode: string;
  readonly start: number;
  readonly type: 'file' | 'directory';
  /** whether X counts as x */
  searchable(bits: number): boolean;
}

/** chmod(1)'s symbolic modes, with the "who" always written. As with GNU, `=` leaves the setuid and setgid bits of a directory. */
function applySymbolic({ mode, start, type, searchable }: Symbolic): number {
  let bits = start;
  for (const clause of explicit(mode).split(',')) {
    const who = /^[ugoa]+/.exec(clause)![0].replace('a', 'ugo');
    const mask = [...who].reduce((sum, one) => sum | WHO[one]!, 0);
    for (const [, operator, permissions] of clause.matchAll(/([-+=])([rwxXst]*[ugo]?)/g)) {
      const wanted = mask & permissionBits(permissions!, bits, searchable(bits));
      if (operator === '+') bits |= wanted;
      else if (operator === '-') bits &= ~wanted;
      else
        bits =
          (bits & ~(type === 'directory' && !permissions!.includes('s') ? mask & ~0o6000 : mask)) | wanted;
    }
  }
  return bits;
}

function permissionBits(permissions: string, bits: number, searchable: boolean): number {
  const shift = { u: 6, g: 3, o: 0 }[permissions];
  if (shift !== undefined) return ((bits >> shift) & 7) * 0o111;
  return [...permissions].reduce(
    (sum, one) => sum | (one === 'X' ? (searchable ? 0o111 : 0) : PERMISSION[one]!),
    0,
  );
}
