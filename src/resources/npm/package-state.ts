import type { Answers, CommandQuery, ContentQuery } from '../../agent/query.js';
import { MissingPrerequisiteError, TaskError } from '../../errors.js';
import { readForeignJson } from '../../foreign-json.js';
import type { Change } from '../resource.js';
import { type NpmParams, npmArgv, ownProgram } from './params.js';

/** The manifest of a package below a node_modules folder. */
export function manifestQuery(folder: string, name: string): ContentQuery {
  return { kind: 'content', path: `${folder}/node_modules/${name}/package.json` };
}

/** The version that the registry calls the latest. Asked only for `state: latest`. */
export function latestQuery(params: NpmParams): CommandQuery {
  return {
    kind: 'command',
    argv: npmArgv(params, 'view', params.name!, 'version'),
    timeout: 60,
    ...ownProgram(params),
  };
}

/** The installed version, or null: read from the first manifest that is there, without starting npm. */
export function installedVersion(answers: Answers, manifests: readonly ContentQuery[]): string | null {
  for (const query of manifests) {
    const answer = answers.get<'content'>(query);
    if (answer.state !== 'content') continue;
    const version = versionIn(answer.content.toString('utf8'));
    if (version !== undefined) return version;
  }
  return null;
}

/** How one package differs from what is wanted. */
export function packageChanges(params: NpmParams, installed: string | null, answers: Answers): Change[] {
  const change = (field: string, before: unknown, after: unknown): Change[] => [
    { subject: params.name!, field, before, after },
  ];
  switch (params.state) {
    case 'absent':
      return installed === null ? [] : change('version', installed, null);
    case 'latest': {
      const latest = latestVersion(params, answers);
      return installed === latest ? [] : change('version', installed, latest);
    }
    default: {
      if (installed === null) return change('version', null, params.version ?? 'latest');
      if (params.version === undefined || satisfies(installed, String(params.version))) return [];
      return change('version', installed, String(params.version));
    }
  }
}

/** The argument for npm install. */
export function packageSpec({ name, version, state }: NpmParams): string {
  if (state === 'latest') return `${name}@latest`;
  return version === undefined ? name! : `${name}@${version}`;
}

function latestVersion(params: NpmParams, answers: Answers): string {
  const { rc, stdout, stderr } = answers.get<'command'>(latestQuery(params));
  if (rc === 127) {
    throw new MissingPrerequisiteError('npm is not installed', {
      hint: 'install Node.js and npm before this task',
    });
  }
  const version = stdout.trim().split('\n').at(-1) ?? '';
  if (rc === 0 && version !== '') return version;
  throw new TaskError(`npm cannot tell the latest version of ${params.name}`, {
    detail: stderr.split('\n').filter((line) => line.trim() !== ''),
    hint: 'is the name right, and can the host reach the registry?',
  });
}

/** `7` and `7.x` stand for all versions that begin so. */
function satisfies(installed: string, wanted: string): boolean {
  const beginning = wanted.replace(/(\.x)+$/, '');
  return installed === beginning || (!beginning.includes('-') && installed.startsWith(`${beginning}.`));
}

function versionIn(manifest: string): string | undefined {
  const version = (readForeignJson(manifest) as { version?: unknown } | null | undefined)?.version;
  return typeof version === 'string' ? version : undefined;
}
