import type { Answers, RenderQuery } from '../agent/query.js';
import { attributeSchemas, type Attributes } from './filesystem/attributes.js';
import { hostPathSchema, lastPartOf } from './filesystem/paths.js';
import {
  placedFileChanges,
  placedFileQueries,
  placedFileSteps,
  type PlacedFile,
} from './filesystem/placed-file.js';
import { resource, type Resource } from './resource.js';
import { validateSchema } from './filesystem/validate-command.js';

interface Params extends Attributes {
  readonly src: string;
  readonly dest: string;
  readonly backup: boolean;
  readonly validate?: string;
  readonly force: boolean;
  readonly follow: boolean;
}

export const template: Resource = resource<Params>({
  name: 'template',
  summary: 'A file made from an EJS template.',
  schema: {
    type: 'object',
    additionalProperties: false,
    required: ['src', 'dest'],
    properties: {
      src: {
        type: 'string',
        minLength: 1,
        description: 'a template on the controller, looked for in the role’s `templates/`',
      },
      dest: {
        ...hostPathSchema,
        description:
          'where the file goes. A folder, or a path with a slash at the end: in there, under the name of `src` without `.ejs`',
      },
      ...attributeSchemas,
      backup: {
        type: 'boolean',
        default: false,
        description: 'keep the previous file beside it, with the time in its name',
      },
      validate: validateSchema,
      force: { type: 'boolean', default: true, description: 'false: a file that is there keeps its content' },
      follow: {
        type: 'boolean',
        default: false,
        description: 'where `dest` is a link, write what it points to; else the link is replaced',
      },
    },
  },

  queries(params, known) {
    const query = renderQuery(params);
    return known.has(query) ? [query, ...placedFileQueries(fileOf(params, known), known)] : [query];
  },
  plan: (params, answers) => placedFileChanges(fileOf(params, answers), answers),
  apply: (params, changes, answers) => placedFileSteps(fileOf(params, answers), changes, answers),
});

function fileOf({ src, dest, follow, force, ...params }: Params, answers: Answers): PlacedFile {
  const { content } = answers.get<'render'>({ kind: 'render', path: src });
  const { owner, group } = params;
  return {
    ...params,
    content: Buffer.from(content),
    placement: { dest, follow, name: lastPartOf(src).replace(/\.ejs$/, '') },
    folders: { ...(owner === undefined ? {} : { owner }), ...(group === undefined ? {} : { group }) },
    write: force ? 'always' : 'create',
  };
}

function renderQuery({ src }: Params): RenderQuery {
  return { kind: 'render', path: src };
}
