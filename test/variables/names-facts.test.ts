import { expect } from 'chai';
import { Template } from '../../src/template/template.js';
import { namesFacts, variablesNameFacts } from '../../src/variables/names-facts.js';

const position = { file: 'x.yml', line: 1, col: 1 };

describe('names of facts', () => {
  it('are found as ansible_facts and as variables', () => {
    for (const text of ['ansible_facts.os_family', "when: ansible_kernel != ''", 'hostvars.a.ansible_local'])
      expect(namesFacts(text), text).to.equal(true);
  });

  it('are not those of connections, modules and other variables', () => {
    for (const text of [
      'ansible_user: admin',
      'ansible_host',
      'my_ansible_facts',
      'ansible.builtin.copy',
      '',
    ])
      expect(namesFacts(text), text).to.equal(false);
  });

  it('count in templates of variables, however deep, and not in data', () => {
    const value = { list: [new Template('<%= ansible_facts.kernel %>', position)] };
    expect(variablesNameFacts(new Map([['a', { value, position }]]))).to.equal(true);
    expect(variablesNameFacts(new Map([['a', { value: 'ansible_facts', position }]]))).to.equal(false);
  });
});
