import Table from 'cli-table3';
import type { HostRecap, Recap } from '../events.js';
import type { Palette } from './palette.js';

/** The recap as lines: a row for each host, columns as Ansible names them. */
export function recapTable(recap: Recap, palette: Palette, show: { roundTrips: boolean }): string[] {
  const checks = recap.hosts.some((host) => host.checksPassed + host.checksFailed > 0);
  const table = new Table({
    head: [
      'host',
      'ok',
      'changed',
      'failed',
      'skipped',
      ...(checks ? ['verified'] : []),
      ...(show.roundTrips ? ['round trips'] : []),
      'time',
    ],
    chars: BORDERLESS,
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 2 },
    colAligns: ['left', 'right', 'right', 'right', 'right', 'right', 'right', 'right'],
  });
  for (const host of recap.hosts) table.push(row(host, palette, { checks, ...show }));
  return [
    ...table
      .toString()
      .split('\n')
      .map((line) => `  ${line.trimEnd()}`),
    '',
    summary(recap, palette),
  ];
}

function row(host: HostRecap, palette: Palette, show: { checks: boolean; roundTrips: boolean }): string[] {
  const bad = host.failed > 0 || host.checksFailed > 0 || host.unreachable;
  const paint = bad ? palette.red : host.changed > 0 ? palette.yellow : palette.green;
  return [
    paint(host.host),
    String(host.ok),
    host.changed > 0 ? palette.yellow(String(host.changed)) : '0',
    host.unreachable ? palette.red('unreachable') : host.failed > 0 ? palette.red(String(host.failed)) : '0',
    String(host.skipped),
    ...(show.checks ? [verifiedText(host, palette)] : []),
    ...(show.roundTrips ? [String(host.roundTrips)] : []),
    `${(host.ms / 1000).toFixed(1)} s`,
  ];
}

function verifiedText(host: HostRecap, palette: Palette): string {
  const all = host.checksPassed + host.checksFailed;
  const text = `${host.checksPassed}/${all}`;
  return host.checksFailed > 0 ? palette.red(text) : text;
}

function summary(recap: Recap, palette: Palette): string {
  const count = (of: (host: HostRecap) => boolean): number => recap.hosts.filter(of).length;
  const changed = recap.hosts.reduce((sum, host) => sum + host.changed, 0);
  const parts = [`${changed} changed on ${hosts(count((host) => host.changed > 0))}`];
  const failed = count((host) => host.failed > 0);
  const unreachable = count((host) => host.unreachable);
  const unverified = count((host) => host.checksFailed > 0);
  if (failed > 0) parts.push(palette.red(`${hosts(failed)} failed`));
  if (unreachable > 0) parts.push(palette.red(`${hosts(unreachable)} unreachable`));
  if (unverified > 0) parts.push(palette.red(`${hosts(unverified)} not verified`));
  return `  ${parts.join(', ')}, in ${(recap.ms / 1000).toFixed(1)} s`;
}

function hosts(count: number): string {
  return `${count} host${count === 1 ? '' : 's'}`;
}

const BORDERLESS = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
  middle: '',
};
