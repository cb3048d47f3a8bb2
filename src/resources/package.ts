import { apt } from './apt.js';
import { resource, type Resource } from './resource.js';
import { withDefaults } from '../schema.js';

interface Params {
  readonly name: string | readonly string[];
  readonly state: 'present' | 'absent' | 'latest';
}

const { name, state } = apt.schema.properties!;

/** Hosts are Debian and Ubuntu: the package manager is apt. */
export const genericPackage: Resource = resource<Params>({
  name: 'package',
  summary: 'Packages, by the package manager of the host: `apt` with its defaults.',
  schema: {
    type: 'object',
    additionalProperties: false,
    required: ['name'],
    properties: { name: name!, state: state! },
  },
  queries: (params, known) => apt.queries(asApt(params), known),
  prepare: (params, answers) => apt.prepare?.(asApt(params), answers),
  plan: (params, answers) => apt.plan(asApt(params), answers),
  apply: (params, changes, answers) => apt.apply(asApt(params), changes, answers),
});

function asApt(params: Params): Record<string, unknown> {
  return withDefaults(apt.schema, { ...params });
}
