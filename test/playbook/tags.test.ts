import { expect } from 'chai';
import { UsageError, type ProvisionError } from '../../src/errors.js';
import { listTasks } from '../../src/playbook/listing.js';
import { selectTags, type TagSelection } from '../../src/playbook/tags.js';
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
    [[], ['web', 'block'], ['facts', 'plain']],
    [[], ['always'], ['install', 'configure', 'plain', 'inside', 'other', 'rescued', 'meta']],
    [[], ['all'], ['facts']],
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
    const { plays } = selectTags(await load(SITE), { tags: ['danger'], skipTags: ['always'] });
    expect(
      plays[0]!.tasks.flatMap((task) => (task.kind === 'task' && task.implicit ? ['flush'] : [])),
    ).to.deep.equal(['flush', 'flush']);
  });

  describe('refuses what would look like success', () => {
    const refused: [string, TagSelection, RegExp, RegExp][] = [
      [
        'a tag that nothing has',
        { tags: ['wbe'] },
        /^--tags: no task of site.yml has the tag "wbe" \(did you mean "web"\?\)$/,
        /these tags: b, block, config, danger, inner, web$/,
      ],
      ['one among others', { tags: ['web', 'confg'] }, /"confg" \(did you mean "config"\?\)/, /config/],
      ['one to skip', { skipTags: ['innr'] }, /^--skip-tags: .*"innr" \(did you mean "inner"\?\)/, /inner/],
      [
        'what leaves nothing',
        { tags: ['danger'], skipTags: ['danger', 'always'] },
        /^--tags danger --skip-tags danger,always leaves no task of site.yml$/,
        /--list-tasks/,
      ],
      [
        'everything skipped',
        { skipTags: ['all', 'always'] },
        /^--skip-tags all,always leaves no task/,
        /--list-tasks/,
      ],
    ];
    for (const [what, selection, message, hint] of refused) {
      it(what, async () => {
        const playbook = await load(SITE);
        const error = failureOf(() => selectTags(playbook, selection));
        expect(error).to.be.instanceOf(UsageError);
        expect(error.message).to.match(message);
        expect(error.hint).to.match(hint);
      });
    }

    it('but not a tag of a play, of a rescue, or with a meaning of its own', async () => {
      const site = {
        'site.yml':
          '- hosts: all\n  tags: whole\n  tasks:\n    - block: [{ debug: , tags: a }]\n      rescue: [{ debug: , tags: b }]\n- hosts: all\n  tags: empty\n  tasks: []\n',
      };
      const playbook = await load(site);
      for (const tag of ['whole', 'a', 'tagged', 'all']) selectTags(playbook, { tags: [tag] });
      for (const tag of ['empty', 'never', 'b']) selectTags(playbook, { skipTags: [tag] });
    });
  });

  it('drops a block of which only the rescue is left', async () => {
    const site = {
      'site.yml':
        '- hosts: all\n  tasks:\n    - block: [{ debug: , tags: a }]\n      rescue: [{ debug: , tags: b }]\n',
    };
    const playbook = await load(site);
    expect(failureOf(() => selectTags(playbook, { tags: ['b'] })).message).to.match(/leaves no task/);
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

function failureOf(act: () => unknown): ProvisionError {
  try {
    act();
  } catch (error) {
    return error as ProvisionError;
  }
  throw new Error('nothing was refused');
}
