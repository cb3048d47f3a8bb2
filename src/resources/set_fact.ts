import { resource } from './resource.js';

export const setFact = resource({
  name: 'set_fact',
  summary: 'Give the host variables for the rest of the run.',
  changes: 'never',
  schema: {
    type: 'object',
    additionalProperties: true,
    minProperties: 1,
    properties: {
      cacheable: { type: 'boolean', description: 'Accepted and without effect: nothing outlives a run.' },
    },
  },
  queries: () => [],
  plan: () => [],
  apply: () => [],
  result({ cacheable: _, ...facts }) {
    return { ansible_facts: facts };
  },
});
