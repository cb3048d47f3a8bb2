import { expect } from 'chai';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { text as textOf } from 'node:stream/consumers';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { checks } from '../src/checks/index.js';
import { loadPlaybook } from '../src/playbook/load.js';
import { resources } from '../src/resources/index.js';
import { loadYaml } from '../src/template/yaml.js';

const root = fileURLToPath(new URL('..', import.meta.url));
const documents = [
  ...readdirSync(root).filter((name) => name.endsWith('.md')),
  ...['docs', 'roles', 'examples', 'vagrant'].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .map((name) => join(folder, name))
      .filter((name) => name.endsWith('.md') && !/node_modules|\.vagrant\b/.test(name)),
  ),
].sort();

/** A fenced block; `file` is the path in the line above it, where there is one. */
interface Fence {
  readonly language: string;
  readonly marks: readonly string[];
  readonly file: string | undefined;
  readonly text: string;
  readonly line: number;
}

describe('documents', () => {
  it('are there', () => {
    expect(documents).to.include.members([
      'README.md',
      'CHANGELOG.md',
      'CONTRIBUTING.md',
      'docs/playbooks.md',
    ]);
  });

  for (const name of documents) {
    describe(name, () => {
      const text = readFileSync(join(root, name), 'utf8');
      const fences = fencesOf(text);

      it('has links that lead somewhere', () => {
        const broken = linksOf(text).filter((link) => !leadsSomewhere(link, name));
        expect(broken).to.deep.equal([]);
      });

      it('names only options that its commands have', async function () {
        this.timeout(60_000);
        const unknown: string[] = [];
        for (const command of commandsOf(text, fences)) {
          const known = await optionsOf(command.verb);
          for (const option of command.options)
            if (!known.has(option)) unknown.push(`${option} in: ${command.text}`);
        }
        expect(unknown).to.deep.equal([]);
      });

      it('has YAML that can be read, and playbooks that load', async () => {
        for (const fence of fences.filter((one) => one.language === 'yaml')) {
          loadYaml(fence.text, `${name}:${fence.line}`);
          if (fence.marks.includes('playbook')) await loads(fence.text);
        }
      });
    });
  }
});

describe('the project in README.md', () => {
  const project = projectFolder(readFileSync(join(root, 'README.md'), 'utf8'));
  after(() => rmSync(project, { recursive: true }));

  it('loads, with the playbook and the role found by their places', async () => {
    const { stdout, stderr, exitCode } = await provision(
      ['--inventory', 'prod.yaml', '--list-tasks'],
      project,
    );
    expect(stderr).to.equal('');
    expect(exitCode).to.equal(0);
    expect(stdout).to.include('banner : text before the login').and.include('banner : sshd shows it');
  });

  it('gives an error for a value that its schema does not take', async () => {
    const wrong = ['-i', 'prod.yaml', '-e', '{"banner_lines": 5}', '-T', '1'];
    const { stderr, exitCode } = await provision(wrong, project);
    expect(stderr).to.include('role banner: "banner_lines" must be list, not 5');
    expect(exitCode).to.equal(5);
  });
});

describe('the example of docs/migrating-from-ansible.md', () => {
  const text = readFileSync(join(root, 'docs/migrating-from-ansible.md'), 'utf8');
  const [before = ''] = text.split(/^## 1\./m);
  const folders = [projectFolder(before), projectFolder(text)] as const;
  const list = ['-i', 'inventory/hosts.ini', '--list-tasks'];
  after(() => folders.forEach((folder) => rmSync(folder, { recursive: true })));

  it('gives the error that is shown before it is moved', async () => {
    const { stderr, exitCode } = await provision(list, folders[0]);
    expect(exitCode).to.equal(5);
    expect(text).to.include(stderr);
  });

  it('loads when it is moved', async () => {
    const { stdout, stderr } = await provision(list, folders[1]);
    expect(stderr).to.equal('');
    expect(stdout).to.include('motd : Message of the day').and.include('motd : Notes');
  });
});

function fencesOf(text: string): Fence[] {
  const found = text.matchAll(/(?:^`([^`\n]+)`:\n\n)?^```([^\n]*)\n(.*?)^```$/gms);
  return [...found].map(([whole, file, info = '', body = ''], index) => {
    const [language = '', ...marks] = info.trim().split(' ');
    const at = text.indexOf(whole, index);
    return { language, marks, file, text: body, line: text.slice(0, at).split('\n').length };
  });
}

function withoutFences(text: string): string {
  return text.replace(/^```[^\n]*\n.*?^```$/gms, '');
}

function linksOf(text: string): string[] {
  const links = withoutFences(text).matchAll(/\[(?:[^\]`]|`[^`]*`)*\]\(([^)\s]+)\)/g);
  return [...links].map(([, link = '']) => link).filter((link) => !/^[a-z]+:/.test(link));
}

function leadsSomewhere(link: string, from: string): boolean {
  const [path = '', anchor] = link.split('#');
  const target = path === '' ? join(root, from) : resolve(root, dirname(from), path);
  if (!existsSync(target)) return false;
  return anchor === undefined || anchorsOf(readFileSync(target, 'utf8')).includes(anchor);
}

/** Headings as GitHub names them in links. */
function anchorsOf(text: string): string[] {
  return [...withoutFences(text).matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

interface Mentioned {
  readonly text: string;
  readonly verb: readonly string[];
  readonly options: readonly string[];
}

/** Every `provision ...` in fenced blocks and in inline code. */
function commandsOf(text: string, fences: readonly Fence[]): Mentioned[] {
  const inline = [...withoutFences(text).matchAll(/`(provision [^`]*)`/g)].map(([, code = '']) => code);
  const lines = fences.flatMap((fence) => fence.text.split('\n'));
  return [...inline, ...lines].flatMap((line) =>
    [...line.matchAll(/(?:^|[\s(])(?:provision|node bin\/provision\.js) ([^|)]*)/g)].map(([, rest = '']) =>
      mentionedIn(rest),
    ),
  );
}

function mentionedIn(rest: string): Mentioned {
  const words: string[] = rest.replaceAll(/[[\]]/g, '').match(/(?:'[^']*'|"[^"]*"|[^\s'"])+/g) ?? [];
  const end = words.indexOf('--');
  const own = end === -1 ? words : words.slice(0, end);
  const [first = '', second = ''] = own;
  const verb = ['verify', 'exec', 'inventory', 'run', 'plan', 'apply', 'drift', 'runs'].includes(first)
    ? [first]
    : first === 'cluster'
      ? [first, second]
      : [];
  return { text: rest, verb, options: own.filter((word) => /^--?[a-zA-Z]/.test(word)) };
}

const known = new Map<string, Promise<Set<string>>>();

/** The options that the help of a command lists. */
function optionsOf(verb: readonly string[]): Promise<Set<string>> {
  const key = verb.join(' ');
  const options =
    known.get(key) ??
    provision([...(verb.length === 0 ? ['run'] : verb), '--help'], root).then(
      ({ stdout }) =>
        new Set([...stdout.matchAll(/(?<=^ {2}|, )--?[a-zA-Z][\w-]*/gm)].map(([option]) => option)),
    );
  known.set(key, options);
  return options;
}

async function loads(text: string): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'provision-docs-'));
  try {
    writeFileSync(join(folder, 'site.yml'), text);
    const playbook = await loadPlaybook({
      path: join(folder, 'site.yml'),
      rolesPath: [join(root, 'roles')],
      catalogue: { modules: resources, checks },
    });
    expect(playbook.plays).not.to.be.empty;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The files that a document shows, written down. Of a file shown twice the later text counts. */
function projectFolder(text: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'provision-docs-'));
  for (const { file, text: content } of fencesOf(text)) {
    if (file === undefined) continue;
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), content);
  }
  return folder;
}

const program = `import { main } from ${JSON.stringify(new URL('../src/cli.ts', import.meta.url).href)};
await main(process.argv.slice(1));`;

/** The real CLI in a process of its own. */
async function provision(
  argv: readonly string[],
  cwd: string,
): Promise<{ stdout: string; stderr: string; exitCode: number }> {
  const options = [
    '--import',
    pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href,
    '--input-type=module',
    '--eval',
    program,
    '--',
  ];
  const child = spawn(process.execPath, [...options, ...argv], {
    cwd,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env['PATH'], HOME: cwd },
  });
  const [stdout, stderr, [exitCode]] = await Promise.all([
    textOf(child.stdout),
    textOf(child.stderr),
    once(child, 'close') as Promise<[number]>,
  ]);
  return { stdout, stderr, exitCode };
}
