import cliTruncate from 'cli-truncate';
import type { Command } from 'commander';
import { stringify } from 'yaml';
import { explain, type Explanation } from '../controller/explain.js';
import { UsageError, formatPosition } from '../errors.js';
import { createPalette, type Palette } from '../reporters/palette.js';
import { didYouMean } from '../schema.js';
import { Template, Vaulted, type Loaded } from '../template/template.js';
import { Text, text, type Part } from '../reporters/text.js';
import type { Secrets } from '../variables/secrets.js';
import type { Io } from './io.js';
import { extraVarsOption, inventoryOption, vaultPasswordOption, type HostOptions } from './options.js';
import { say } from './say.js';
import { readPlaybook, readSetup } from './setup.js';

type Options = Pick<HostOptions, 'inventory' | 'extraVars' | 'vaultPasswordFile'>;

export function define(command: Command, io: Io): void {
  command
    .description('Say what a variable is on a host, and every level that sets it, with file and line.')
    .argument('<host>')
    .argument('<variable>')
    .argument('[playbook]', 'default: playbooks/site.yml or site.yml of this folder')
    .addOption(inventoryOption())
    .addOption(extraVarsOption())
    .addOption(vaultPasswordOption())
    .action(async (host: string, name: string, playbookName: string | undefined, options: Options) => {
      const given = { ...options, forks: 1 };
      const setup = await readSetup(given, io, { playbook: { named: playbookName }, readOnly: true });
      const { inventory, base, secrets } = setup;
      if (!inventory.hosts.has(host))
        throw new UsageError(
          `there is no host "${host}" in the inventory${didYouMean(host, inventory.hosts.keys())}`,
        );
      const playbook = await readPlaybook(playbookName, { tags: [], skipTags: [] }, io, setup);
      const found = explain(name, host, {
        ...base,
        playbook,
        check: true,
        verify: 'none',
        emit: () => undefined,
      });
      if (found.length === 0)
        throw new UsageError(`no level sets "${name}" for ${host}`, {
          hint: 'task vars, results and facts are only there in a run; `provision inventory --host` lists what the inventory sets',
        });
      const palette = createPalette(io.stdout.isTTY === true, io.env);
      const width = io.stdout.isTTY === true ? (io.stdout.columns ?? 80) : Infinity;
      for (const line of linesOf(found, { secrets, palette, width })) say(io, line);
    });
}

interface Show {
  readonly secrets: Secrets;
  readonly palette: Palette;
  /** what was written is cut to so many columns */
  readonly width: number;
}

/** Sections, with an empty line between them. */
function linesOf(found: readonly Explanation[], show: Show): Part[] {
  return found.flatMap((one, index) => [...(index === 0 ? [] : ['']), ...sectionOf(one, show)]);
}

function sectionOf({ places, value, levels }: Explanation, { secrets, palette, width }: Show): Part[] {
  const heads = places.length === 0 ? ['outside of all plays'] : places;
  const shown = 'known' in value ? stringify(value.known).trimEnd() : `(${value.unknown})`;
  const rows = levels.map((one) => ({
    mark: one.winner ? '*' : ' ',
    level: one.owner === undefined ? one.level : `${one.level}, ${one.owner}`,
    where: one.position ? formatPosition(one.position) : '',
    written: onOneLine(secrets.redact(written(one.value))),
  }));
  const column = Math.max(...rows.map(({ level }) => level.length));
  const fitted = (line: Part): Part =>
    width === Infinity ? line : Text.cut(line, (one) => cliTruncate(one, width));
  return [
    ...heads.map((head) => palette.bold(head)),
    ...secrets
      .redact(shown)
      .split('\n')
      .map((line) => text`  ${line}`),
    ...rows.flatMap(({ mark, level, where, written }) => [
      `${mark} ${level.padEnd(column)}  ${where}`.trimEnd(),
      palette.dim(fitted(`    ${written}`)),
    ]),
  ];
}

/** As it was written, before it is rendered. */
function written(value: Loaded): string {
  const plain = (one: Loaded): unknown => {
    if (one instanceof Vaulted) return '(a vault)';
    if (one instanceof Template) return one.source.trim();
    if (Array.isArray(one)) return one.map((item) => plain(item as Loaded));
    if (typeof one !== 'object' || one === null) return one;
    return Object.fromEntries(Object.entries(one).map(([key, item]) => [key, plain(item as Loaded)]));
  };
  const loaded = plain(value);
  return typeof loaded === 'string' ? loaded : JSON.stringify(loaded);
}

function onOneLine(lines: string): string {
  return lines.replace(/\s*\n\s*/g, ' ');
}
