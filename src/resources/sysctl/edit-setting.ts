import { bareLine, insertLines, splitLines } from '../filesystem/lines.js';

/**
 * The text of a sysctl.d(5) file in which a setting has this value, once; undefined: in which it is not. A setting that is
 * there keeps its place, and its line when only the blanks differ.
 */
export function editSetting(text: string, name: string, value: string | undefined): string {
  const lines = splitLines(text);
  const mine = new Set(
    lines.flatMap((line, index) => (settingOf(line)?.name === normalName(name) ? [index] : [])),
  );
  const last = [...mine].at(-1);
  if (value === undefined) return lines.filter((_, index) => !mine.has(index)).join('');
  if (last === undefined) return insertLines(lines, lines.length, [`${name} = ${value}`]).join('');
  return lines
    .map((line, index) =>
      index === last && settingOf(line)?.value !== value ? `${name} = ${value}\n` : line,
    )
    .filter((_, index) => index === last || !mine.has(index))
    .join('');
}

/** Values with several parts are separated by tabs or blanks, one is as good as the other. */
export function normalValue(value: string): string {
  return value.trim().replace(/\s+/g, ' ');
}

/** A `-` before the name means that errors are ignored. */
function settingOf(line: string): { name: string; value: string } | undefined {
  const bare = bareLine(line);
  const equals = bare.indexOf('=');
  if (equals < 0) return undefined;
  const given = bare.slice(0, equals).trim();
  const name = given.startsWith('-') ? given.slice(1).trim() : given;
  if (name === '' || name.startsWith('#') || name.startsWith(';')) return undefined;
  return { name: normalName(name), value: normalValue(bare.slice(equals + 1)) };
}

/** `net/ipv4/conf/eth0.1/forwarding` and `net.ipv4.conf.eth0/1.forwarding` are the same: the first separator decides. */
function normalName(name: string): string {
  const first = /[./]/.exec(name)?.[0];
  return first === '/' ? name.replace(/[./]/g, (char) => (char === '/' ? '.' : '/')) : name;
}
