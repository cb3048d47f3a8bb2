import { expect } from 'chai';
import { attempt, contained, lastLines, run } from '../../src/cluster/run.js';
import { ClusterError } from '../../src/errors.js';

describe('run', () => {
  it('gives arguments on as they are', async () => {
    const odd = ['a b', '$(id)', "it's", '', '*'];
    expect((await run(['printf', '%s|', ...odd])).stdout).to.equal(odd.map((arg) => `${arg}|`).join(''));
  });

  it('gives input and environment, and nothing of its own environment', async () => {
    expect((await run(['cat'], { input: 'hello' })).stdout).to.equal('hello');
    const { stdout } = await run(['env'], { env: { ONE: '1' } });
    expect(
      stdout
        .trim()
        .split('\n')
        .map((line) => line.split('=')[0])
        .sort(),
    ).to.deep.equal(['LC_ALL', 'ONE', 'PATH']);
  });

  it('fails with the command, its exit code and its last lines', async () => {
    const error = await failure(run(['sh', '-c', 'echo one; echo two >&2; exit 3']));
    expect(error.message).to.contain('exit code 3').and.contain('echo one');
    expect(error.detail).to.deep.equal(['two']);
  });

  it('takes a failure as an answer where asked to', async () => {
    expect(await attempt(['sh', '-c', 'exit 3'])).to.deep.equal({ code: 3, stdout: '', stderr: '' });
  });

  it('says when there is no such program', async () => {
    expect((await failure(attempt(['no-such-program-here']))).message).to.contain(
      'cannot run no-such-program-here',
    );
  });

  it('ends the program when it is interrupted', async () => {
    const interrupt = new AbortController();
    const began = Date.now();
    const running = failure(run(['sleep', '30'], { signal: interrupt.signal }));
    setTimeout(() => interrupt.abort(), 50);
    expect((await running).message).to.equal('interrupted');
    expect(Date.now() - began).to.be.below(5000);
  });
});

describe('contained', () => {
  it('wraps the command and keeps its arguments', () => {
    const argv = contained(['chroot', '/x y', 'true']);
    expect(argv.slice(0, 3)).to.deep.equal(['setpriv', '--pdeathsig', 'KILL']);
    expect(argv.slice(-4)).to.deep.equal(['--', 'chroot', '/x y', 'true']);
  });
});

describe('lastLines', () => {
  it('takes out colours and blank lines and shows control characters', () => {
    const text = '\u001b[0;32m  OK  \u001b[0m started\r\n\n\u001b]0;title\u0007bell\u0007\nlast\n';
    expect(lastLines(text)).to.deep.equal(['  OK   started', 'bell\\x07', 'last']);
    expect(lastLines(text, 1)).to.deep.equal(['last']);
  });
});

async function failure(promise: Promise<unknown>): Promise<ClusterError> {
  try {
    await promise;
  } catch (error) {
    expect(error).to.be.instanceOf(ClusterError);
    return error as ClusterError;
  }
  return expect.fail('should have failed');
}
