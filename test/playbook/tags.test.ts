import { expect } from 'chai';
import { listTasks } from '../../src/playbook/listing.js';
import { selectTags } from '../../src/playbook/tags.js';
import { load, namesOf } from './memory-files.js';

const SITE = {
  'site.yml': `
- name: Site
  hosts: all
  pre_tasks: [{ name: facts, debug: , tags: always }]
  roles: [{ role: web, tags: [web, b] }]
  tasks:
    - { name: plain, debug: }
    - { name: danger, debug: , tags: [never, danger] }
    - block:
        - { name: inside, debug: , tags: inner }
        - { name: other, debug: }
      rescue:
        - { name: rescued, debug: }
      tags: block
    - { meta: flush_handlers, tags: web }
`,
  'roles/web/tasks/main.yml':
    '- { name: install, debug: }\n- { name: configure <%= x %>, debug: , tags: config }\n',
};

async function selected(tags: readonly string[], skipTags: readonly string[] = []): Promise<string[]> {
  const { plays } = selectTags(await load(SITE), { tags, skipTags });
  return namesOf(plays[0]!.tasks).map((name) => name.replace(/^web:/, ''));
}

/** The rules are those of ansible.playbook.taggable: https://docs.ansible.com/ansible/latest/playbook_guide/playbooks_tags.html */
describe('selectTags', () => {
  const cases: [string[], string[], string[]][] = [
    [[], [], ['facts', 'install', 'configure', 'plain', 'inside', 'other', 'rescued', 'meta']],
    [['all'], [], ['facts', 'install', 'configure', 'plain', 'inside', 'other', 'rescued', 'meta']],
    [['config'], [], ['facts', 'configure']],
    [['web'], [], ['facts', 'install', 'configure', 'meta']],
    [['inner'], [], ['facts', 'inside']],
    [['danger'], [], ['facts', 'danger']],
    [
      ['all', 'danger'],
      [],
      ['facts', 'install', 'configure', 'plain', 'danger', 'inside', 'other', 'rescued', 'meta'],
    ],
    [['tagged'], [], ['facts', 'install', 'configure', 'inside', 'other', 'rescued', 'meta']],
    [['untagged'], [], ['facts', 'plain']],
    [['nothing'], [], ['facts']],
    [[], ['web', 'block'], ['facts', 'plain']],
    [[], ['always'], ['install', 'configure', 'plain', 'inside', 'other', 'rescued', 'meta']],
    [[], ['all'], ['facts']],
    [[], ['all', 'always'], []],
    [[], ['tagged'], ['plain']],
    [[], ['untagged'], ['facts', 'install', 'configure', 'inside', 'other', 'rescued', 'meta']],
    [['web'], ['config'], ['facts', 'install', 'meta']],
  ];
  for (const [tags, skip, expected] of cases) {
    it(`--tags ${tags.join(',') || '-'} --skip-tags ${skip.join(',') || '-'}`, async () => {
      expect(
        (await selected(tags, skip)).map((name) => name.replace(/^configure.*/, 'configure')),
      ).to.deep.equal(expected);
    });
  }

  it('keeps the flushes between the sections, whatever is asked for', async () => {
    const { plays } = selectTags(await load(SITE), { tags: ['nothing'], skipTags: ['always'] });
    expect(plays[0]!.tasks.map((task) => task.kind === 'task' && task.implicit)).to.deep.equal([true, true]);
  });

  it('drops a block of which only the rescue is left', async () => {
    const site = {
      'site.yml':
        '- hosts: all\n  tasks:\n    - block: [{ debug: , tags: a }]\n      rescue: [{ debug: , tags: b }]\n',
    };
    const { plays } = selectTags(await load(site), { tags: ['b'] });
    expect(namesOf(plays[0]!.tasks)).to.deep.equal([]);
  });
});

describe('listTasks', () => {
  it('prints what ansible-playbook --list-tasks prints', async () => {
    expect(`${listTasks(await load(SITE)).join('\n')}\n`).to.equal(`
playbook: site.yml

  play #1 (all): Site\tTAGS: []
    tasks:
      facts\tTAGS: [always]
      web : install\tTAGS: [b, web]
      web : configure <%= x %>\tTAGS: [b, config, web]
      plain\tTAGS: []
      danger\tTAGS: [danger, never]
      inside\tTAGS: [block, inner]
      other\tTAGS: [block]
      rescued\tTAGS: [block]
`);
  });
});
