import { attributeSchemas, type Attributes } from './filesystem/attributes.js';
import {
  editedFileChanges,
  editedFileQueries,
  editedFileSteps,
  type EditedFile,
} from './filesystem/edited-file.js';
import { hostPathSchema } from './filesystem/paths.js';
import { validateSchema } from './filesystem/validate-command.js';
import { editLine, type LineEdit } from './lineinfile/edit-line.js';
import { resource, type Resource } from './resource.js';

interface Params extends Attributes, LineEdit {
  readonly path?: string;
  readonly dest?: string;
  readonly create: boolean;
  readonly backup: boolean;
  readonly validate?: string;
}

export const lineinfile: Resource = resource<Params>({
  name: 'lineinfile',
  summary: 'One line of a file: there, replaced or gone.',
  schema: {
    type: 'object',
    additionalProperties: false,
    properties: {
      path: { ...hostPathSchema, description: 'the file on the host' },
      dest: { ...hostPathSchema, description: 'the same as `path`' },
      line: { type: 'string', pattern: '^[^\\n]*\\n?$', description: 'the line' },
      regexp: {
        type: 'string',
        minLength: 1,
        description:
          'the line to replace: the last one that matches. It should match `line` as well. With `state: absent`: the lines to remove',
      },
      search_string: { type: 'string', minLength: 1, description: 'as `regexp`, but the text itself' },
      state: { enum: ['present', 'absent'], default: 'present', description: 'whether the line is there' },
      insertafter: {
        type: 'string',
        minLength: 1,
        description: 'where no line matches: after the last line that matches this, or `EOF` (default)',
      },
      insertbefore: {
        type: 'string',
        minLength: 1,
        description: 'where no line matches: before the last line that matches this, or `BOF`',
      },
      firstmatch: {
        type: 'boolean',
        default: false,
        description: 'the first line that matches counts, not the last',
      },
      backrefs: {
        type: 'boolean',
        default: false,
        description:
          '`line` may hold `\\1` and `\\g<name>` for groups of `regexp`; where nothing matches the file is left alone',
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
  const { path, dest, state, create } = params;
  return {
    ...params,
    path: (path ?? dest)!,
    missing: state === 'absent' ? 'nothing' : create ? 'create' : 'error',
    edit: (text, encode) => editLine(text, encodeEdit(params, encode)),
  };
}

/** The strings of the user in the alphabet in which the file is read. */
function encodeEdit(edit: LineEdit, encode: (given: string) => string): LineEdit {
  const encoded = Object.entries(edit).map(([key, value]: [string, unknown]) => [
    key,
    typeof value === 'string' ? encode(value) : value,
  ]);
  return Object.fromEntries(encoded) as unknown as LineEdit;
}
