import type { Resource } from './resource.js';
import { attributeSchemas } from './filesystem/attributes.js';
import { absent } from './file/absent.js';
import { directory } from './file/directory.js';
import { existingFile } from './file/existing.js';
import { link } from './file/link.js';
import { stateOf, type FileParams, type FileState, type StateOfFile } from './file/params.js';
import { touch } from './file/touch.js';
import { hostPathSchema } from './filesystem/paths.js';
import { resource } from './resource.js';

const states: Readonly<Record<FileState, StateOfFile>> = {
  file: existingFile,
  directory,
  link,
  absent,
  touch,
};

export const file: Resource = resource<FileParams>({
  name: 'file',
  summary: 'A file, folder or link: its existence, owner and permissions.',
  schema: {
    type: 'object',
    additionalProperties: false,
    properties: {
      path: { ...hostPathSchema, description: 'where it is on the host' },
      dest: { ...hostPathSchema, description: 'the same as `path`' },
      name: { ...hostPathSchema, description: 'the same as `path`' },
      state: {
        enum: ['file', 'directory', 'link', 'absent', 'touch'],
        description:
          '`directory`: a folder, its parents made too; `link`: a symbolic link to `src`; `absent`: nothing there, a folder goes with ' +
          'all in it; `touch`: a file, its times set; `file`: what is there, only its attributes. Left out: `link` with `src`, ' +
          '`directory` with `recurse`, else what is there',
      },
      src: {
        type: 'string',
        minLength: 1,
        description: 'where a link points to, absolute or from its own folder',
      },
      force: {
        type: 'boolean',
        default: false,
        description:
          'make a link though what it points to is not there, or in place of a file or an empty folder',
      },
      follow: {
        type: 'boolean',
        default: true,
        description: 'attributes are those of what a link points to',
      },
      recurse: {
        type: 'boolean',
        default: false,
        description: 'the attributes of a folder go for all below it',
      },
      access_time: { enum: ['now', 'preserve'], description: 'for `touch`: default `now`' },
      modification_time: { enum: ['now', 'preserve'], description: 'for `touch`: default `now`' },
      ...attributeSchemas,
    },
    anyOf: ['path', 'dest', 'name'].map((key) => ({ properties: { [key]: {} }, required: [key] })),
  },
  queries: (params, known) => states[stateOf(params)].queries(params, known),
  plan: (params, answers) => states[stateOf(params)].plan(params, answers),
  apply: (params, changes, answers) => states[stateOf(params)].apply(params, changes, answers),
});
