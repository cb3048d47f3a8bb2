import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { cleanUp, project } from './project.js';

const SECRET = 'Vaulted-Secret-0123456789';
const FOLDERS = ['/usr/bin', '/usr/sbin', '/bin', '/sbin'];

/**
 * All programs of the machine again, each of which notes its arguments and what it was given as environment, and then is the real one.
 * What is started by its name is seen, however short it lives.
 */
function spies(): { path: string; seen: (what: 'arguments' | 'environment') => string; remove: () => void } {
  const dir = mkdtempSync(join(tmpdir(), 'provision-spy-'));
  const bin = join(dir, 'bin');
  mkdirSync(bin);
  const spy = join(dir, 'spy');
  const real = FOLDERS.map((folder) => `[ ! -x "${folder}/$name" ] || exec "${folder}/$name" "$@"`).join(
    '\n',
  );
  writeFileSync(
    spy,
    `#!/bin/sh\nname=\${0##*/}\nprintf '%s\\n' "$name $*" >>"${dir}/arguments"\nexport -p >>"${dir}/environment"\n${real}\n`,
  );
  chmodSync(spy, 0o755);
  for (const folder of FOLDERS)
    for (const name of readdirSync(folder))
      if (!existsSync(join(bin, name)) && name !== '[') symlinkSync(spy, join(bin, name));
  return {
    path: bin,
    seen: (what) => readFileSync(join(dir, what), 'utf8'),
    remove: () => rmSync(dir, { recursive: true, force: true }),
  };
}

describe('what other users of a host see of its processes', () => {
  cleanUp();
  const path = process.env['PATH'];
  afterEach(() => {
    process.env['PATH'] = path;
  });

  it('has no text that a module or a check was given, but for the words of a command', async () => {
    const site = project({
      'site.yml': `
- hosts: all
  vars: { pw: ${SECRET} }
  tasks:
    - { copy: { dest: "<%= out %>/a", content: "<%= pw %>", validate: "test -s %s" } }
    - { template: { src: t.ejs, dest: "<%= out %>/b" } }
    - { lineinfile: { path: "<%= out %>/a", line: "x <%= pw %>", regexp: "^<%= pw %>" } }
    - { blockinfile: { path: "<%= out %>/a", block: "y <%= pw %>" } }
    - { shell: "S=<%= quote(pw) %>; ls / >/dev/null; sleep 0" }
    - { shell: "S=<%= quote(pw) %>; ls / >/dev/null; sleep 0", args: { executable: /bin/bash } }
    - { shell: "S=<%= quote(pw) %>; ls / >/dev/null; sleep 0", changed_when: false, check_mode: false, timeout: 20 }
    - { shell: "cat >/dev/null; sleep 0", args: { stdin: "<%= pw %>" } }
    - { command: cat, args: { stdin: "<%= pw %>" } }
    - { command: cat, args: { stdin: "<%= pw %>" }, changed_when: false, check_mode: false, timeout: 20 }
    - { uri: { url: "http://127.0.0.1:1/?t=<%= pw %>", url_username: u, url_password: "<%= pw %>", headers: { A: "<%= pw %>" } }, ignore_errors: true }
    - { uri: { url: "http://127.0.0.1:1/", method: POST, body: "<%= pw %>" }, ignore_errors: true }
    - { wait_for: { path: "<%= out %>/a", search_regex: "<%= pw %>", timeout: 5 }, ignore_errors: true }
    - { wait_for: { path: "<%= out %>/a", search_regex: "no-<%= pw %>", timeout: 1 }, ignore_errors: true }
    - { mysql_user: { name: u, password: "<%= pw %>" }, ignore_errors: true }
    - { mysql_query: { query: "SELECT '<%= pw %>'" }, ignore_errors: true }
    - { mysql_query: { query: "SET @x = '<%= pw %>'" }, ignore_errors: true }
    - { set_fact: { kept: "<%= pw %>" } }
    - { debug: { msg: "<%= kept %>" } }
    - { assert: { that: "kept == pw" } }
    - { command: "true words-of-a-command" }
  verify:
    - { command: { shell: "S=<%= quote(pw) %>; ls / >/dev/null; sleep 0" } }
    - { command: { cmd: cat /dev/null, stdout: "<%= pw %>" }, timeout: 0.1 }
    - { http: { url: "http://127.0.0.1:1/<%= pw %>", username: u, password: "<%= pw %>", body: "<%= pw %>", contains: "<%= pw %>" }, timeout: 0.1 }
    - { http_sequence: { requests: [{ url: "http://127.0.0.1:1/", headers: { A: "<%= pw %>" } }] }, timeout: 0.1 }
    - { mysql_login: { host: 127.0.0.1, port: 1, user: u, password: "<%= pw %>", query: "SELECT '<%= pw %>'" }, timeout: 0.1 }
    - { haproxy_servers: { backends: { b: [s] }, socket: /nowhere, url: "http://u:<%= pw %>@127.0.0.1:1/stats" }, timeout: 0.1 }
    - { file: { path: "<%= out %>/a", contains: "<%= pw %>" }, timeout: 0.1 }
`,
      'templates/t.ejs': '<%= pw %>\n',
    });
    const { path: bin, seen, remove } = spies();
    try {
      process.env['PATH'] = `${bin}:${path ?? ''}`;
      const { stdout, stderr } = await site.cli('-v', 'site.yml');
      expect(site.read('b'), stdout + stderr).to.equal(`${SECRET}\n`);
      const found = seen('arguments');
      // It does look: these were started.
      for (const line of [
        'true words-of-a-command',
        'sleep 0',
        'curl -q -K -',
        'timeout -k 5 20 sh /dev/fd/8',
        'grep -Pzq -f -',
      ])
        expect(found, stdout + stderr).to.include(line);
      const lines = (text: string): string[] => text.split('\n').filter((line) => line.includes('Secret-01'));
      expect(lines(found)).to.deep.equal([]);
      expect(lines(seen('environment'))).to.deep.equal([]);
    } finally {
      remove();
    }
  });
});
