import { isIPv6 } from './ipv6.js';

/** The hosts that one entry of an inventory names, and their port if it gives one. */
export interface HostEntry {
  readonly names: readonly string[];
  readonly port: number | undefined;
}

const MOST_HOSTS = 100_000;
const LETTERS = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ';

/**
 * Read a host entry: a name or address, with ranges (`web[01:10]`, `db[a:c]`, `[1:9:2]`) and perhaps a port
 * (`web1:2222`, `[fd00::1]:2222`).
 * @throws Error that says what is wrong with the entry
 */
export function expandHosts(entry: string): HostEntry {
  const { host, port } = splitPort(entry.trim());
  if (host === '') throw new Error('a host needs a name');
  if (/[\s,]/.test(host)) throw new Error(`"${host}" is no host name: it has a blank or a comma in it`);
  if (host === '---') throw new Error('"---" is no host name: is this a YAML file?');
  const names = isIPv6(host) ? [host] : expandRanges(host);
  for (const name of names)
    if (/[[\]]/.test(name)) throw new Error(`"${entry}" has a bracket without its counterpart`);
  return { names, port };
}

function splitPort(entry: string): { host: string; port: number | undefined } {
  const bracketed = /^\[([^\]]+)\](?::(\d+))?$/.exec(entry);
  if (bracketed && isIPv6(bracketed[1]!)) return { host: bracketed[1]!, port: portOf(bracketed[2]) };
  if (isIPv6(entry)) return { host: entry, port: undefined };
  const last = /^(.*):([^:\]]*)$/.exec(entry);
  if (!last) return { host: entry, port: undefined };
  if (!/^\d+$/.test(last[2]!)) throw new Error(`"${entry}": a port is expected behind the last ":"`);
  return { host: last[1]!, port: portOf(last[2]) };
}

function portOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const port = Number(text);
  if (port < 1 || port > 65_535) throw new Error(`${text} is no port: ports go from 1 to 65535`);
  return port;
}

function expandRanges(host: string): string[] {
  const match = /^([^[\]]*)\[([^[\]]*)\](.*)$/.exec(host);
  if (!match) return [host];
  const [, head, range, tail] = match;
  const values = rangeValues(range!);
  const tails = expandRanges(tail!);
  if (values.length * tails.length > MOST_HOSTS)
    throw new Error(`"${host}" names more than ${MOST_HOSTS} hosts`);
  return values.flatMap((value) => tails.map((rest) => `${head}${value}${rest}`));
}

function rangeValues(range: string): string[] {
  const bounds = range.split(':');
  if (bounds.length < 2 || bounds.length > 3)
    throw new Error(`"[${range}]" is no range: write [first:last] or [first:last:step]`);
  const [first, last] = [bounds[0] === '' ? '0' : bounds[0]!, bounds[1]!];
  const step = bounds[2] === undefined ? 1 : Number(bounds[2]);
  if (!Number.isInteger(step) || step < 1) throw new Error(`"[${range}]": the step is a whole number from 1`);
  if (last === '') throw new Error(`"[${range}]" has no end`);
  if (/^\d+$/.test(first) && /^\d+$/.test(last)) return numbers(first, last, step, range);
  const [from, to] = [LETTERS.indexOf(first), LETTERS.indexOf(last)];
  if (first.length !== 1 || last.length !== 1 || from === -1 || to === -1) {
    throw new Error(`"[${range}]" is no range: both ends are numbers, or both are single letters`);
  }
  if (from > to) throw new Error(`"[${range}]" ends before it begins`);
  return [...LETTERS.slice(from, to + 1)].filter((_, index) => index % step === 0);
}

/** A first number with a leading zero says how many digits all have. */
function numbers(first: string, last: string, step: number, range: string): string[] {
  const width = first.length > 1 && first.startsWith('0') ? first.length : 0;
  if (width > 0 && last.length !== width)
    throw new Error(`"[${range}]": both ends need the same number of digits`);
  const [from, to] = [Number(first), Number(last)];
  if (from > to) throw new Error(`"[${range}]" ends before it begins`);
  const count = Math.floor((to - from) / step) + 1;
  if (count > MOST_HOSTS) throw new Error(`"[${range}]" names more than ${MOST_HOSTS} hosts`);
  return Array.from({ length: count }, (_, index) => String(from + index * step).padStart(width, '0'));
}
