/** Median, least and most of some numbers. */
export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
  readonly count: number;
}

/** Of an empty list: undefined. */
export function spreadOf(numbers: readonly number[]): Spread | undefined {
  if (numbers.length === 0) return undefined;
  const sorted = [...numbers].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  const median =
    sorted.length % 2 === 1 ? sorted[Math.floor(middle)]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
  return { median, min: sorted[0]!, max: sorted.at(-1)!, count: sorted.length };
}

/** One series over another one, round by round: what disturbs the machine for a while disturbs both. */
export function ratios(of: readonly number[], to: readonly number[]): Spread | undefined {
  return spreadOf(of.slice(0, to.length).map((value, round) => value / to[round]!));
}

export function differences(of: readonly number[], to: readonly number[]): Spread | undefined {
  return spreadOf(of.slice(0, to.length).map((value, round) => value - to[round]!));
}
