import type { FileAnswer, FileQuery } from '../../agent/query.js';
import type { Step } from '../../agent/step.js';
import { MissingPrerequisiteError, TaskError } from '../../errors.js';
import { attributeChanges, attributeQueries, attributeSteps } from '../filesystem/attributes.js';
import { folderOf, folderQuery, requireFolder } from '../filesystem/paths.js';
import type { Change } from '../resource.js';
import { pathOf, type FileParams, type StateOfFile } from './params.js';

/** A symbolic link. The owner is the link's own. */
export const link: StateOfFile = {
  queries: (params) => [
    linkQuery(params),
    folderQuery(pathOf(params)),
    ...(params.force ? [] : [targetQuery(params)]),
    ...attributeQueries(params),
  ],

  plan(params, answers) {
    const path = pathOf(params);
    if (params.src === undefined) throw new TaskError('state: link needs `src`, where the link points to');
    if (params.mode !== undefined)
      throw new TaskError('a link has no `mode` of its own', { hint: `set it on ${params.src}` });
    const current = answers.get<'file'>(linkQuery(params));
    if (!current.exists) requireFolder(path, answers);
    if (!params.force && leadsNowhere(answers.get<'file'>(targetQuery(params)))) {
      throw new MissingPrerequisiteError(`${path} would point to nothing: ${params.src} does not exist`, {
        hint: 'force: true makes the link all the same',
      });
    }
    if (current.exists && current.type !== 'link' && !params.force) {
      throw new TaskError(`${path} is there and no link (${current.type})`, {
        hint: 'force: true replaces a file or an empty folder',
      });
    }
    const isLink = current.exists && current.type === 'link';
    const changes: Change[] = [];
    if (current.exists && !isLink)
      changes.push({ subject: path, field: 'state', before: current.type, after: 'link' });
    const target = isLink ? current.target : null;
    if (target !== params.src)
      changes.push({ subject: path, field: 'target', before: target ?? null, after: params.src });
    const attributes = attributeChanges(
      { ...params, path, type: 'file' },
      isLink ? current : undefined,
      answers,
    );
    return [...changes, ...attributes];
  },

  apply(params, changes) {
    const path = pathOf(params);
    const replaced = changes.find((change) => change.field === 'state');
    const steps: Step[] = replaced?.before === 'directory' ? [{ kind: 'remove', path, what: 'folder' }] : [];
    if (changes.some((change) => change.field === 'target'))
      steps.push({ kind: 'link', path, target: params.src! });
    return [...steps, ...attributeSteps(path, changes, 'link')];
  },
};

/** Of a link that leads nowhere, a followed look sees the link itself. */
function leadsNowhere(target: FileAnswer): boolean {
  return !target.exists || target.type === 'link';
}

function linkQuery(params: FileParams): FileQuery {
  return { kind: 'file', path: pathOf(params) };
}

function targetQuery(params: FileParams): FileQuery {
  const target = params.src ?? '/';
  const path = target.startsWith('/') ? target : `${folderOf(pathOf(params)).replace(/\/$/, '')}/${target}`;
  return { kind: 'file', path, follow: true };
}
