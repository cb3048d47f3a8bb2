import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { run } from '../../src/cli.js';
import { cleanUp, ioOf } from '../controller/project.js';

const folder = fileURLToPath(new URL('sessions', import.meta.url));
const local = ['-i', 'web1,', '-e', 'ansible_connection=local'];
const two = ['-i', 'web1,web2', '-e', 'ansible_connection=local'];

/**
 * What an operator types and sees, at 80 columns. Each folder holds a project; `session.txt` in it the commands, what they
 * print on stdout and stderr, and how they end. UPDATE_GOLDEN=1 writes what is said now.
 */
const sessions: Readonly<Record<string, readonly string[][]>> = {
  'undefined-variable': [[...local, 'site.yml']],
  'undefined-in-variable': [[...local, 'site.yml']],
  'undefined-in-template': [[...local, 'site.yml']],
  'missing-template': [[...local, 'site.yml']],
  'unknown-module': [[...local, 'site.yml']],
  'wrong-type': [[...local, 'site.yml']],
  'failed-command': [[...local, 'site.yml']],
  'failed-when': [[...local, 'site.yml']],
  'role-variable': [
    [...local, 'site.yml'],
    [...local, '-e', 'web_port=80', 'extra.yml'],
    ['-i', 'hosts.yml', 'extra.yml'],
    [...local, 'extra.yml'],
  ],
  'ansible-forms': [
    [...local, '--check', 'all.yml'],
    [...local, '--check', 'wrong-apply.yml'],
    [...local, '--check', 'missing.yml'],
  ],
  jinja: [
    ['inventory', '-i', 'own/hosts.yml', '--host', 'web1'],
    ['exec', '-i', 'own/hosts.yml', 'all', '--', 'echo', '{{.Names}}'],
    ['-i', 'own/hosts.yml', '--check', 'site.yml'],
    ['verify', '-i', 'own/hosts.yml', 'site.yml'],
    ['explain', '-i', 'own/hosts.yml', 'web1', 'mysql_users', 'site.yml'],
    ['-i', 'hosts.yml', '--check', 'site.yml'],
    ['-i', 'hosts.ini', '--check', 'site.yml'],
    ['-i', 'good.yml', '-e', 'name={{x}}', '--check', 'raw.yml'],
    ['-i', 'good.yml', '-e', '{"deep": [{"name": "{{ x }}"}]}', '--check', 'raw.yml'],
    ['-i', 'good.yml', '-e', '@vars.yml', '--check', 'raw.yml'],
    ['-i', 'good.yml', '-e', '{"format": {"__ansible_unsafe": "{{.ID}}"}}', '--check', 'site.yml'],
    ['-i', 'good.yml', '--check', 'inside.yml'],
    ['-i', 'good.yml', '--check', 'named.yml'],
    ['-i', 'good.yml', '--check', 'includes.yml'],
    ['-i', 'good.yml', '--check', 'dest.yml'],
    ['-i', 'good.yml', '--check', '-D', 'raw.yml'],
  ],
  'unknown-host': [[...local, 'site.yml']],
  unreachable: [
    ['-i', 'web1,', '-e', 'ansible_host=127.0.0.1', '-e', 'ansible_port=1', '-u', 'deploy', 'site.yml'],
  ],
  unverified: [
    [...local, 'site.yml'],
    ['verify', ...local, 'site.yml'],
  ],
  verbose: [
    [...local, '--check', 'site.yml'],
    [...local, 'site.yml'],
    [...local, 'site.yml'],
    [...local, '-q', 'site.yml'],
    [...local, '-v', 'site.yml'],
    [...local, '-vv', '-D', '-e', 'greeting=you', 'site.yml'],
    [...local, '--list-tasks', 'site.yml'],
    [...local, '--list-hosts', 'site.yml'],
  ],
  plan: [
    ['plan', ...two, '-D', '-e', 'token=first-secret', 'site.yml'],
    ['plan', ...two, '-o', 'plan.json', '--exit-code', 'site.yml'],
    ['apply', 'plan.json', '-e', 'unplanned=1'],
    ['apply', '-f', '1', 'plan.json'],
    ['apply', '-f', '1', '-e', 'ansible_connection=local', 'plan.json'],
    ['apply', '-f', '1', '-e', 'ansible_connection=local', 'plan.json'],
    [...two, '--check', '-D', '-e', 'token=other-secret', '--exit-code', 'site.yml'],
    ['drift', ...two, '-e', 'token=other-secret', 'site.yml'],
    ['drift', ...two, 'site.yml'],
    ['runs'],
    ['runs', 'show', '2'],
    ['apply', 'site.yml'],
    [...two, '--confirm', 'site.yml'],
    [...two, '--confirm', '--check', 'site.yml'],
  ],
  explain: [
    ['explain', '-i', 'hosts.yml', 'web1', 'web_port', 'play.yml'],
    ['explain', '-i', 'hosts.yml', '-e', 'web_port=81', 'web1', 'web_port', 'play.yml'],
    ['explain', '-i', 'hosts.yml', 'web1', 'web_password', 'play.yml'],
    ['explain', '-i', 'hosts.yml', 'web1', 'web_login', 'play.yml'],
    ['explain', '-i', 'hosts.yml', 'web1', 'web_name', 'play.yml'],
    ['explain', '-i', 'hosts.yml', 'web1', 'web_pool', 'play.yml'],
    ['explain', '-i', 'hosts.yml', 'web1', 'web_prot', 'play.yml'],
    ['explain', '-i', 'hosts.yml', 'web9', 'web_port', 'play.yml'],
  ],
  usage: [
    ['site.yml'],
    ['vreify'],
    [...local, '--lmit', 'x', 'site.yml'],
    [...local, '-f', 'zero', 'site.yml'],
    [...local, '-e', 'novalue', 'site.yml'],
    [...local, '-e', 'inventory_hostname=x', 'site.yml'],
    [...local, '-e', '@none.yml', 'site.yml'],
    [...local, 'none.yml'],
    [...local, '-l', 'web2', 'site.yml'],
    ['-i', 'none/hosts.yml', 'site.yml'],
    [...local, '-K', 'site.yml'],
    [...local, 'sit.yml'],
    [...local, 'playbooks/sit.yml'],
    [...local, 'site.yml', 'web1'],
    ['runs', 'show', 'last', 'more'],
    [...local, '-t', 'nginxx', 'site.yml'],
    [...local, '-t', '', 'site.yml'],
  ],
  exec: [
    ['exec', ...local, 'all', '--', 'echo', '$HOME', 'two words'],
    ['exec', ...local, 'all', '--', 'echo one; echo two >&2; exit 3'],
    ['exec', ...local, 'web2', '--', 'true'],
    [
      'exec',
      '-i',
      'web1,',
      '-e',
      'ansible_host=127.0.0.1',
      '-e',
      'ansible_port=1',
      '-u',
      'deploy',
      'all',
      '--',
      'id',
    ],
  ],
};

describe('sessions', () => {
  cleanUp();

  for (const [name, commands] of Object.entries(sessions)) {
    it(name.replaceAll('-', ' '), async () => {
      const out = mkdtempSync(join(tmpdir(), 'provision-session-'));
      const project = mkdtempSync(join(tmpdir(), 'provision-project-'));
      try {
        let text = '';
        cpSync(join(folder, name), project, { recursive: true });
        for (const argv of commands) text += await session(argv, project, out);
        const golden = join(folder, name, 'session.txt');
        if (process.env['UPDATE_GOLDEN']) writeFileSync(golden, text);
        expect(text).to.equal(readFileSync(golden, 'utf8'));
      } finally {
        for (const one of [out, project]) rmSync(one, { recursive: true, force: true });
      }
    });
  }
});

async function session(argv: readonly string[], cwd: string, out: string): Promise<string> {
  const { io, said } = ioOf(cwd);
  await run(argv.includes('site.yml') ? [...argv, '-e', `out=${out}`] : argv, io);
  const { stdout, stderr, code } = said();
  const plain = (text: string): string =>
    text
      .replaceAll(out, '/srv')
      .replaceAll(cwd, '/project')
      .replace(/\b\d+\.\d s\b/g, '0.0 s')
      .replace(/\b\d+ ms\b/g, '0 ms')
      .replace(/\d{8}T\d{6}\.\d{3}Z-[0-9a-f]{4}/g, '20260101T000000.000Z-0000')
      .replace(/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC/g, '2026-01-01 00:00:00 UTC')
      .replace(/\S+@\S+( \(process )\d+/g, 'ada@desk$11')
      .replace(/ \S+@\S+$/gm, ' ada@desk');
  // No control codes, no stack trace, and nothing wider than the terminal but what is somebody else's words.
  expect(stdout + stderr).to.not.match(/[\u0000-\u0008\u000b-\u001f\u007f]/);
  expect(stdout + stderr).to.not.match(/^\s+at .*:\d+:\d+\)?$/m);
  const words = argv.map((word) => (/^[\w./=,@:-]+$/.test(word) ? word : `'${word}'`)).join(' ');
  const parts = [
    `$ provision ${words}`,
    plain(stdout),
    ...(stderr === '' ? [] : [`--- stderr`, plain(stderr)]),
  ];
  return `${parts.map((part) => part.replace(/\n$/, '')).join('\n')}\n--- exit ${code}\n\n`;
}
