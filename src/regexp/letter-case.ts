/** What Python takes for the same letter beyond lower and upper case (its `re._casefix`, by code points). */
const ALIKE: readonly (readonly number[])[] = [
  [0x69, 0x131],
  [0x73, 0x17f],
  [0xb5, 0x3bc],
  [0x345, 0x3b9, 0x1fbe],
  [0x390, 0x1fd3],
  [0x3b0, 0x1fe3],
  [0x3b2, 0x3d0],
  [0x3b5, 0x3f5],
  [0x3b8, 0x3d1],
  [0x3ba, 0x3f0],
  [0x3c0, 0x3d6],
  [0x3c1, 0x3f1],
  [0x3c2, 0x3c3],
  [0x3c6, 0x3d5],
  [0x432, 0x1c80],
  [0x434, 0x1c81],
  [0x43e, 0x1c82],
  [0x441, 0x1c83],
  [0x442, 0x1c84, 0x1c85],
  [0x44a, 0x1c86],
  [0x463, 0x1c87],
  [0x1c88, 0xa64b],
  [0x1e61, 0x1e9b],
  [0xfb05, 0xfb06],
];

/** Above it no letter has two cases. */
const LAST_CASED = 0x1e943;

/** Letters of a range that others stand for when the case does not count, and these others. @param ascii only those of ASCII */
export function othersOf(from: number, to: number, ascii: boolean): number[] {
  if (ascii) return asciiOthers(from, to);
  const others: number[] = [];
  const { byLower, cased } = (table ??= makeTable());
  for (const code of cased) {
    if (code > to) break;
    if (code >= from) others.push(...byLower.get(lower(code))!.filter((one) => one < from || one > to));
  }
  return others;
}

function asciiOthers(from: number, to: number): number[] {
  const others: number[] = [];
  for (let code = 0x41; code <= 0x5a; code += 1) {
    if (code >= from && code <= to) others.push(code + 32);
    if (code + 32 >= from && code + 32 <= to) others.push(code);
  }
  return others;
}

interface Table {
  /** all that are the same letter, by its lower case */
  readonly byLower: ReadonlyMap<number, readonly number[]>;
  /** in order */
  readonly cased: readonly number[];
}

let table: Table | undefined;

function makeTable(): Table {
  const own = new Map<number, number[]>();
  for (let code = 0; code <= LAST_CASED; code += 1) {
    const small = lower(code);
    if (small === code) continue;
    const same = own.get(small);
    if (same) same.push(code);
    else own.set(small, [small, code]);
  }
  const byLower = new Map<number, readonly number[]>(own);
  for (const alike of ALIKE) {
    const all = alike.flatMap((code) => own.get(code) ?? [code]);
    for (const code of alike) byLower.set(code, all);
  }
  const cased = new Set([...byLower.values()].flat());
  return { byLower, cased: [...cased].sort((a, b) => a - b) };
}

/** One letter for one: the capital I with a dot is an i. */
function lower(code: number): number {
  if (code === 0x130) return 0x69;
  return String.fromCodePoint(code).toLowerCase().codePointAt(0)!;
}
