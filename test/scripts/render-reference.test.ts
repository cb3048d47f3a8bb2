import { expect } from 'chai';
import { renderReference } from '../../scripts/docs/render-reference.js';

describe('renderReference', () => {
  it('makes a table of each schema', () => {
    const page = renderReference({
      title: 'Modules',
      introduction: 'All.',
      entries: [
        {
          name: 'zip',
          summary: 'Packs.',
          freeForm: 'path',
          schema: {
            type: 'object',
            required: ['path'],
            properties: {
              path: { type: 'string', description: 'what | where' },
              level: { enum: [1, 9], default: 9, description: 'how much' },
              names: {
                anyOf: [{ type: 'string' }, { type: 'array', items: { type: 'string' } }],
                description: 'which',
              },
              key: { type: ['string', 'integer'], writeOnly: true, description: 'the key' },
            },
          },
        },
        { name: 'any', summary: 'Takes all.', schema: { type: 'object' } },
      ],
    });
    expect(page.split('\n').slice(4)).to.deep.equal([
      'All.',
      '',
      '- [any](#any): Takes all.',
      '- [zip](#zip): Packs.',
      '',
      '## any',
      '',
      'Takes all.',
      '',
      'It takes any keys.',
      '',
      '## zip',
      '',
      'Packs.',
      '',
      'A string alone is its `path`.',
      '',
      '| Parameter | Values | Default | Meaning |',
      '| --- | --- | --- | --- |',
      '| `path` (required) | string |  | what \\| where |',
      '| `level` | `1`, `9` | `9` | how much |',
      '| `names` | string or list of string |  | which |',
      '| `key` | string or integer |  | the key. A secret: it is shown nowhere |',
      '',
    ]);
  });
});
