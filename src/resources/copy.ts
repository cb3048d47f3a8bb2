import { TaskError } from '../errors.js';
import { attributeSchemas } from './filesystem/attributes.js';
import { fromController } from './copy/from-controller.js';
import { givenContent } from './copy/given-content.js';
import { onHost } from './copy/on-host.js';
import type { CopyParams, WayOfCopy } from './copy/params.js';
import { hostPathSchema } from './filesystem/paths.js';
import { resource, type Resource } from './resource.js';
import { validateSchema } from './filesystem/validate-command.js';

export const copy: Resource = resource<CopyParams>({
  name: 'copy',
  summary: 'A file or a tree of files from the controller, or given content, put on the host.',
  schema: {
    type: 'object',
    additionalProperties: false,
    required: ['dest'],
    properties: {
      src: {
        type: 'string',
        minLength: 1,
        description:
          'a file or folder on the controller, looked for in the role’s `files/`. A folder is put into `dest` under its name; ' +
          'with a slash at the end what is in it is',
      },
      content: {
        type: ['string', 'number', 'boolean', 'object', 'array'],
        description: 'the content itself; an object or list is written as JSON',
      },
      dest: {
        ...hostPathSchema,
        description:
          'where it goes. A folder, or a path with a slash at the end: in there, under the name of `src`',
      },
      ...attributeSchemas,
      mode: {
        ...attributeSchemas.mode,
        pattern: `${String(attributeSchemas.mode['pattern'])}|^preserve$`,
        description:
          'permissions: "0644" (in quotes), symbolic, `u=rw,g=r,o=`, or `preserve` for those of `src`',
      },
      directory_mode: { ...attributeSchemas.mode, description: 'permissions of folders that are made' },
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
      local_follow: {
        type: 'boolean',
        default: true,
        description:
          'of a folder: the content of what links in it lead to, also outside of it. false: links stay links; what they lead to has to be on the host',
      },
      remote_src: { type: 'boolean', default: false, description: '`src` is a file on the host' },
    },
  },
  queries: (params, known) => wayOf(params).queries(params, known),
  plan: (params, answers) => wayOf(params).plan(params, answers),
  apply: (params, changes, answers) => wayOf(params).apply(params, changes, answers),
});

function wayOf(params: CopyParams): WayOfCopy {
  if (params.src !== undefined && params.content !== undefined)
    throw new TaskError('give `src` or `content`, not both');
  if (params.content !== undefined) return givenContent;
  if (params.src === undefined) throw new TaskError('give `src` or `content`');
  return params.remote_src ? onHost : fromController;
}
