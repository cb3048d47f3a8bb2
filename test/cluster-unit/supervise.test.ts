import { expect } from 'chai';
import { unifiedMount } from '../../src/cluster/cgroup.js';
import { mapIdsProgram } from '../../src/cluster/map-ids.js';
import { attempt } from '../../src/cluster/run.js';
import { superviseScript } from '../../src/cluster/supervise.js';

describe('the supervisor of a host', () => {
  it('is a program that sh accepts', async () => {
    expect(await attempt(['sh', '-n'], { input: superviseScript })).to.deep.equal({
      code: 0,
      stdout: '',
      stderr: '',
    });
  });

  it('reads every parameter quoted', () => {
    const bare = superviseScript
      .split('\n')
      .filter((line) => /(^|[^"\w{/=])\$[A-Z]+/.test(line.replaceAll(/"[^"]*"/g, '')));
    expect(bare).to.deep.equal([]);
  });
});

describe('the program that maps the ids of a folder', () => {
  it('is one that perl accepts', async function () {
    const ran = await attempt(['perl', '-wc', '-'], { input: mapIdsProgram }).catch(() => undefined);
    if (ran === undefined) this.skip();
    expect(ran).to.deep.equal({ code: 0, stdout: '', stderr: '- syntax OK\n' });
  });
});

describe('unifiedMount', () => {
  it('finds version 2 beside version 1 and alone', () => {
    const hybrid = [
      '30 24 0:26 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory',
      '31 24 0:27 / /sys/fs/cgroup/unified rw,relatime shared:9 - cgroup2 cgroup2 rw',
    ].join('\n');
    expect(unifiedMount(hybrid)).to.equal('/sys/fs/cgroup/unified');
    expect(unifiedMount('29 23 0:25 / /sys/fs/cgroup rw shared:4 - cgroup2 cgroup2 rw,nsdelegate')).to.equal(
      '/sys/fs/cgroup',
    );
    expect(unifiedMount('30 24 0:26 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory')).to.equal(
      undefined,
    );
  });
});
