/**
 * The hosts in the batches that `serial` asks for: a number, a percentage of all, or a list of these whose last one holds
 * for the rest. Without it there is one batch.
 */
export function batchesOf(hosts: readonly string[], serial: readonly (number | string)[]): string[][] {
  if (serial.length === 0) return [[...hosts]];
  const batches: string[][] = [];
  let from = 0;
  while (from < hosts.length) {
    const size = sizeOf(serial[Math.min(batches.length, serial.length - 1)] ?? hosts.length, hosts.length);
    batches.push(hosts.slice(from, from + size));
    from += size;
  }
  return batches;
}

/** At least one host: a batch of none would never end. */
function sizeOf(serial: number | string, all: number): number {
  const text = String(serial);
  const size = text.endsWith('%') ? Math.floor((Number(text.slice(0, -1)) / 100) * all) : Number(text);
  return Math.max(1, Number.isFinite(size) && size > 0 ? size : all);
}
