import { expect } from 'chai';
import { coerce } from '../src/coerce.js';
import { resources } from '../src/resources/index.js';
import { validate } from '../src/schema.js';
import { Template } from '../src/template/template.js';

describe('coerce', () => {
  const cases: readonly (readonly [
    module: string,
    given: Record<string, unknown>,
    taken: Record<string, unknown>,
  ])[] = [
    ['user', { name: 'x', groups: 'adm, sudo' }, { name: 'x', groups: ['adm', 'sudo'] }],
    ['user', { name: 'x', groups: 'adm,sudo' }, { name: 'x', groups: 'adm,sudo' }],
    ['apt', { name: 'nginx, curl=7.*' }, { name: ['nginx', 'curl=7.*'] }],
    ['uri', { url: 'http://x/', status_code: '200,404' }, { url: 'http://x/', status_code: [200, 404] }],
    ['uri', { url: 'http://x/', status_code: '200' }, { url: 'http://x/', status_code: 200 }],
    ['service', { name: 'x', enabled: 'yes' }, { name: 'x', enabled: true }],
    ['service', { name: 'x', enabled: 'off' }, { name: 'x', enabled: false }],
    ['wait_for', { port: '22', sleep: '0.5' }, { port: 22, sleep: 0.5 }],
    ['wait_for', { port: '22.0' }, { port: 22 }],
    ['apt', { name: 'nginx', update_cache: 'True' }, { name: 'nginx', update_cache: true }],
    ['apt', { name: 'nginx', default_release: '' }, { name: 'nginx', default_release: '' }],
    ['file', { path: '/x', mode: '+x' }, { path: '/x', mode: '+x' }],
    ['lineinfile', { path: '/x', line: 'yes' }, { path: '/x', line: 'yes' }],
  ];
  for (const [module, given, taken] of cases) {
    it(`${module} takes ${JSON.stringify(given)}`, () => {
      const { schema } = resources.get(module)!;
      expect(coerce(schema, given)).to.deep.equal(taken);
      expect(validate(schema, coerce(schema, given))).to.deep.equal([]);
    });
  }

  it('leaves what fits nothing, and what is right, as it is', () => {
    const { schema } = resources.get('wait_for')!;
    for (const given of [
      { port: 'ssh' },
      { port: '' },
      { port: 22 },
      { port: new Template('<%= p %>', { file: 'f', line: 1, col: 1 }) },
    ])
      expect(coerce(schema, given)).to.equal(given);
  });
});
