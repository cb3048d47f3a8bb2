import { editBlock, type BlockEdit } from './blockinfile/edit-block.js';
import { attributeSchemas, type Attributes } from './filesystem/attributes.js';
import {
  editedFileChanges,
  editedFileQueries,
  editedFileSteps,
  type EditedFile,
} from './filesystem/edited-file.js';
import { hostPathSchema } from './filesystem/paths.js';
import { validateSchema } from './filesystem/validate-command.js';
import { resource, type Resource } from './resource.js';

interface Params extends Attributes, BlockEdit {
  readonly path?: string;
  readonly dest?: string;
  readonly create: boolean;
  readonly backup: boolean;
  readonly validate?: string;
}

export const blockinfile: Resource = resource<Params>({
  name: 'blockinfile',
  summary: 'Lines of a file between two marker lines.',
  schema: {
    type: 'object',
    additionalProperties: false,
    properties: {
      path: { ...hostPathSchema, description: 'the file on the host' },
      dest: { ...hostPathSchema, description: 'the same as `path`' },
      block: { type: 'string', default: '', description: 'the lines; empty: the same as `state: absent`' },
      state: { enum: ['present', 'absent'], default: 'present', description: 'whether the block is there' },
      marker: {
        type: 'string',
        pattern: '^[^\\n]*\\{mark\\}[^\\n]*$',
        default: '# {mark} ANSIBLE MANAGED BLOCK',
        description:
          'the marker lines; `{mark}` is `marker_begin` or `marker_end`. Several blocks in a file need different ones',
      },
      marker_begin: {
        type: 'string',
        pattern: '^[^\\n]+$',
        default: 'BEGIN',
        description: 'stands for `{mark}` above the block',
      },
      marker_end: {
        type: 'string',
        pattern: '^[^\\n]+$',
        default: 'END',
        description: 'stands for `{mark}` below the block',
      },
      insertafter: {
        type: 'string',
        minLength: 1,
        description: 'where a new block goes: after the last line that matches this, or `EOF` (default)',
      },
      insertbefore: {
        type: 'string',
        minLength: 1,
        description: 'where a new block goes: before the last line that matches this, or `BOF`',
      },
      create: { type: 'boolean', default: false, description: 'make the file if it is missing' },
      backup: {
        type: 'boolean',
        default: false,
        description: 'keep the previous file beside it, with the time in its name',
      },
      validate: validateSchema,
      ...attributeSchemas,
    },
    anyOf: ['path', 'dest'].map((key) => ({ properties: { [key]: {} }, required: [key] })),
  },
  queries: (params, known) => editedFileQueries(fileOf(params), known),
  plan: (params, answers) => editedFileChanges(fileOf(params), answers),
  apply: (params, changes, answers) => editedFileSteps(fileOf(params), changes, answers),
});

function fileOf(params: Params): EditedFile {
  const { path, dest, state, block, create } = params;
  const removed = state === 'absent' || block === '';
  return {
    ...params,
    path: (path ?? dest)!,
    missing: create && !removed ? 'create' : removed ? 'nothing' : 'error',
    edit: (text, encode) => editBlock(text, encodeEdit(params, encode)),
  };
}

/** The strings of the user in the alphabet in which the file is read. */
function encodeEdit(edit: BlockEdit, encode: (given: string) => string): BlockEdit {
  const { insertafter, insertbefore } = edit;
  return {
    ...edit,
    block: encode(edit.block),
    marker: encode(edit.marker),
    marker_begin: encode(edit.marker_begin),
    marker_end: encode(edit.marker_end),
    ...(insertafter === undefined ? {} : { insertafter: encode(insertafter) }),
    ...(insertbefore === undefined ? {} : { insertbefore: encode(insertbefore) }),
  };
}
