import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { TaskError, UnreachableError } from '../../src/errors.js';
import { createJunitReporter } from '../../src/reporters/junit.js';
import { cleanUp, tasks } from '../controller/project.js';

describe('--junit', () => {
  cleanUp();

  it('writes a suite for each host and a case for each task and check', async () => {
    const one = tasks(
      `
- { name: changes, copy: { dest: "<%= out %>/f", content: x } }
- { name: skipped, debug: { msg: x }, when: false }
- { name: fails & says "why", shell: 'echo "<because>"; false', when: inventory_hostname == 'web2' }
`,
      { hosts: ['web1', 'web2'], play: 'verify: [{ name: holds, command: "true" }]' },
    );
    await one.cli('--junit', 'report.xml', 'site.yml');
    const xml = readFileSync(join(one.dir, 'report.xml'), 'utf8');
    expect(xml).to.match(/^<\?xml version="1\.0" encoding="UTF-8"\?>/);
    expect(xml).to.match(
      /<testsuite name="web1" timestamp="[\dT:-]+" tests="4" failures="0" errors="0" skipped="2"/,
    );
    expect(xml).to.match(/<testsuite name="web2" .* tests="3" failures="1"/);
    expect(xml).to.match(/<testcase classname="web1\.check\.play" name="holds" time="\d+\.\d{3}"\/>/);
    expect(xml).to.include('name="fails &amp; says &quot;why&quot;"');
    expect(xml).to.match(/<failure message="[^"]+ failed: exit code 1">[\s\S]*\| &lt;because&gt;/);
  });

  it('can hold whatever a host says', () => {
    const { emit, xml } = createJunitReporter(() => new Date(0));
    emit({ type: 'run-start', playbook: 'p', inventory: 'i', hosts: ['h', 'g'], check: false, tasks: 1 });
    const error = new TaskError('bad \u0001 \ud800 ]]> end', { detail: ['\u001b[31m'] });
    const task = { name: 'lock', module: '' };
    emit({ type: 'task-failed', host: 'h', task, error, fate: 'failed' });
    emit({ type: 'host-unreachable', host: 'g', error: new UnreachableError('gone') });
    const text = xml();
    expect(text).to.match(
      /<failure message="bad \? \? \]\]&gt; end">|<failure message="bad \? \? \]\]> end">/,
    );
    expect(text).to.not.match(/[\u0000-\u0008\u000b-\u001f]/);
    expect(text).to.include('name="reachable"');
  });

  it('that cannot be written is an error before anything is done', async () => {
    const one = tasks(`- { copy: { dest: "<%= out %>/f", content: x } }`);
    for (const option of ['--junit', '--log']) {
      const { stderr, code } = await one.cli(option, 'nowhere/report', 'site.yml');
      expect(code).to.equal(5);
      expect(stderr).to.match(
        new RegExp(`^error: ${option} nowhere/report cannot be written: /\\S+ does not exist`),
      );
    }
    expect(one.read('f')).to.equal(undefined);
  });
});
