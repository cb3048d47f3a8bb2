import type { HostRecap, Recap } from '../events.js';
import type { Palette } from './palette.js';
import { plural } from './plural.js';
import { tableLines } from './table.js';
import { Text, text, type Part } from './text.js';

interface Show {
  readonly roundTrips: boolean;
  readonly dryRun: boolean;
}

interface Column {
  readonly head: string;
  readonly cell: (host: HostRecap) => Part;
}

/** The recap as lines: a row for each host, columns as Ansible names them. */
export function recapTable(recap: Recap, palette: Palette, show: Show): Text[] {
  const columns = columnsOf(recap, palette, show);
  const rows = [
    columns.map(({ head }) => head),
    ...recap.hosts.map((host) => columns.map(({ cell }) => cell(host))),
  ];
  return [
    ...tableLines(rows, (column) => column > 0).map((line) => text`  ${line}`),
    Text.of(''),
    summary(recap, palette, show),
  ];
}

function columnsOf(recap: Recap, palette: Palette, show: Show): Column[] {
  const some = (of: (host: HostRecap) => boolean): boolean => recap.hosts.some(of);
  const count = (number: number, paint: (part: Part) => Text): Part =>
    number > 0 ? paint(String(number)) : '0';
  const mayChange: Column = { head: 'may chg', cell: (host) => count(host.mayChange, palette.yellow) };
  const unreachable: Column = {
    head: 'unreachable',
    cell: (host) => (host.unreachable ? palette.red('1') : '0'),
  };
  return [
    { head: 'host', cell: (host) => colourOf(host, palette)(host.host) },
    { head: 'ok', cell: (host) => String(host.ok) },
    { head: 'changed', cell: (host) => count(host.changed, palette.yellow) },
    ...(show.dryRun && some((host) => host.mayChange > 0) ? [mayChange] : []),
    { head: 'failed', cell: (host) => count(host.failed, palette.red) },
    ...(some((host) => host.unreachable) ? [unreachable] : []),
    { head: 'skipped', cell: (host) => String(host.skipped) },
    ...(some((host) => host.checksPassed + host.checksFailed > 0)
      ? [{ head: 'verified', cell: (host: HostRecap) => verifiedText(host, palette) }]
      : []),
    ...(show.roundTrips ? [{ head: 'round trips', cell: (host: HostRecap) => String(host.roundTrips) }] : []),
    { head: 'time', cell: (host) => `${(host.ms / 1000).toFixed(1)} s` },
  ];
}

function colourOf(host: HostRecap, palette: Palette): (part: Part) => Text {
  if (host.failed > 0 || host.checksFailed > 0 || host.unreachable) return palette.red;
  return host.changed + host.mayChange > 0 ? palette.yellow : palette.green;
}

function verifiedText(host: HostRecap, palette: Palette): Part {
  const all = host.checksPassed + host.checksFailed;
  const ratio = `${host.checksPassed}/${all}`;
  return host.checksFailed > 0 ? palette.red(ratio) : ratio;
}

function summary(recap: Recap, palette: Palette, { dryRun }: Show): Text {
  const count = (of: (host: HostRecap) => boolean): number => recap.hosts.filter(of).length;
  const hosts = (of: (host: HostRecap) => boolean): string => plural(count(of), 'host');
  const sum = (of: (host: HostRecap) => number): number =>
    recap.hosts.reduce((all, host) => all + of(host), 0);
  const changed = sum((host) => host.changed);
  const mayChange = sum((host) => host.mayChange);
  const parts: Part[] = [
    `${changed} ${dryRun ? 'would change' : 'changed'} on ${hosts((host) => host.changed > 0)}`,
  ];
  if (mayChange > 0) parts.push(`${mayChange} may change on ${hosts((host) => host.mayChange > 0)}`);
  const failed = (host: HostRecap): boolean => host.failed > 0;
  const unverified = (host: HostRecap): boolean => host.checksFailed > 0;
  if (count(failed) > 0) parts.push(palette.red(`${hosts(failed)} failed`));
  if (sum((host) => Number(host.unreachable)) > 0)
    parts.push(palette.red(`${hosts((host) => host.unreachable)} unreachable`));
  if (count(unverified) > 0) parts.push(palette.red(`${hosts(unverified)} not verified`));
  return text`  ${Text.joined(parts, ', ')}, in ${(recap.ms / 1000).toFixed(1)} s`;
}
