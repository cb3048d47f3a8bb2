import type { Command } from 'commander';
import type { Step } from '../agent/step.js';
import { execOnHosts, type ExecResult } from '../controller/exec.js';
import { shownError } from '../controller/shown.js';
import { UnreachableError, UsageError } from '../errors.js';
import { matchHosts } from '../inventory/pattern.js';
import { errorLines } from '../reporters/error-lines.js';
import { createPalette, type Palette } from '../reporters/palette.js';
import { text, type Part } from '../reporters/text.js';
import type { Secrets } from '../variables/secrets.js';
import { ExitCode } from './exit-codes.js';
import type { Io } from './io.js';
import { addHostOptions, type HostOptions } from './options.js';
import { say } from './say.js';
import { readSetup } from './setup.js';

/** Seconds that an ad-hoc command may take. */
const TIMEOUT = 600;

export function define(command: Command, io: Io): void {
  command.description(
    'Run one command on the hosts of a pattern. Several words run as they are, a single one goes through sh.',
  );
  addHostOptions(command)
    .argument('<pattern>', 'hosts: all, web*, web:!web2 …')
    .argument('<command...>', 'after --')
    .addHelpText(
      'after',
      "\nExamples:\n  provision exec -i prod.yaml all -- uptime\n  provision exec -i prod.yaml 'lb*' -- 'ss -ltn | grep :80'",
    )
    .action(async (pattern: string, words: string[], options: HostOptions) => {
      const { base, inventory, limit, secrets } = await readSetup(options, io, { readOnly: false });
      const matched = matchHosts(pattern, inventory);
      const hosts = limit ? matched.filter((host) => limit.includes(host)) : matched;
      if (hosts.length === 0) throw new UsageError(`no host matches "${pattern}"`);
      const palette = createPalette(io.stdout.isTTY === true, io.env);
      let worst: number = ExitCode.ok;
      await execOnHosts(stepOf(words), hosts, { ...base, timeout: options.timeout ?? TIMEOUT }, (result) => {
        worst = worse(worst, result);
        for (const line of resultLines(wentDown(result, words), palette, secrets)) say(io, line);
      });
      io.exitCode = io.interrupted.aborted ? ExitCode.interrupted : worst;
    });
}

function stepOf(words: readonly string[]): Step {
  const [only] = words;
  return words.length === 1 && only !== undefined
    ? { kind: 'script', code: only }
    : { kind: 'run', argv: words };
}

/** Programs that take a host down, and with it the connection. */
const GOES_DOWN = /(^|[\s/;&|(])(reboot|poweroff|halt|shutdown|kexec|telinit|init [06])\b/;

/** A connection that ends with such a command has done what was asked for, as far as anybody can tell: say so. */
function wentDown(result: ExecResult, words: readonly string[]): ExecResult {
  const { host, error } = result;
  const lost = error instanceof UnreachableError && error.message.startsWith('the connection was lost');
  if (!lost || !GOES_DOWN.test(words.join(' '))) return result;
  const said = new UnreachableError('the host went down by this command, and the connection with it', {
    host,
    hint: `how the command ended is not known; \`provision exec … ${host} -- uptime\` tells when it is back`,
    cause: error,
  });
  return { ...result, error: said };
}

function resultLines({ host, ms, output, error }: ExecResult, palette: Palette, secrets: Secrets): Part[] {
  if (error) {
    const what = error instanceof UnreachableError ? 'unreachable' : 'failed';
    return [
      text`${palette.red(host)} | ${palette.red(what)}`,
      ...errorLines(shownError(error, secrets), palette).map((line) => text`  ${line}`),
    ];
  }
  if (!output) return [];
  const how = output.signal === undefined ? `rc=${output.rc}` : `killed by ${output.signal}`;
  const good = output.rc === 0 && output.signal === undefined;
  const title = text`${good ? palette.green(host) : palette.red(host)} | ${how} | ${ms} ms`;
  return [title, ...linesOf(output.stdout, secrets), ...linesOf(output.stderr, secrets)];
}

/** Redacted as a whole: a secret may go over several lines. */
function linesOf(output: string, secrets: Secrets): string[] {
  const redacted = secrets.redact(output.endsWith('\n') ? output.slice(0, -1) : output);
  return redacted === '' ? [] : redacted.split('\n');
}

function worse(before: number, { output, error }: ExecResult): number {
  if (error instanceof UnreachableError) return before === ExitCode.failed ? before : ExitCode.unreachable;
  return error || output?.rc !== 0 ? ExitCode.failed : before;
}
