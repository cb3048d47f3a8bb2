import { expect } from 'chai';
import { stepFailure, tailOf } from '../../src/controller/failure.js';
import { cleanUp, tasks } from './project.js';

describe('what is shown of a program that failed', () => {
  cleanUp();

  it('both streams, each named', async () => {
    const { errors } = await tasks(`- { shell: 'echo reason; echo warn >&2; exit 1' }`).play();
    expect(errors()[0]!.detail).to.deep.equal(['stdout:', '  reason', 'stderr:', '  warn']);
  });

  it('both, too, of a probe, and of what failed_when judges', async () => {
    const { errors } = await tasks(`
- { shell: 'echo reason; echo warn >&2; exit 1', changed_when: false, check_mode: false, ignore_errors: true }
- { shell: 'echo reason; echo warn >&2', register: r, failed_when: r.rc == 0 }
`).play();
    for (const error of errors())
      expect(error.detail).to.deep.equal(['stdout:', '  reason', 'stderr:', '  warn']);
    expect(errors()).to.have.length(2);
  });

  it('only what there is, where the program said something on one stream', () => {
    expect(tailOf({ stdout: 'a\n\nb\n', stderr: '' })).to.deep.equal(['a', 'b']);
    expect(tailOf({ stdout: ' \n', stderr: 'e' })).to.deep.equal(['e']);
    expect(tailOf({ stdout: '', stderr: '' })).to.deep.equal([]);
  });

  it('the last lines of much, and not the progress that was written over', () => {
    const stdout = Array.from({ length: 100 }, (_, index) => `line ${index}`).join('\n');
    expect(tailOf({ stdout, stderr: '' })).to.deep.equal(stdout.split('\n').slice(-12));
    expect(tailOf({ stdout: '5%\r50%\rdone\r\n', stderr: '' })).to.deep.equal(['done']);
  });

  it('what led to an error of dpkg, which goes on with other packages', () => {
    const unpacking = (name: string): string[] => [
      `Preparing to unpack ${name} ...`,
      `Unpacking ${name} ...`,
    ];
    const stdout = [
      ...Array.from({ length: 20 }, (_, index) => unpacking(`a${index}`)).flat(),
      'Preparing to unpack mariadb-server ...',
      "mkdir: invalid option '-Z'",
      'dpkg: error processing archive mariadb-server.deb (--unpack):',
      ' new package pre-installation script subprocess returned error exit status 1',
      ...Array.from({ length: 20 }, (_, index) => unpacking(`b${index}`)).flat(),
    ];
    const shown = tailOf({
      stdout: stdout.join('\n'),
      stderr: 'E: Sub-process dpkg returned an error code (1)',
    });
    expect(shown).to.include.members([
      '  …',
      "  mkdir: invalid option '-Z'",
      '  dpkg: error processing archive mariadb-server.deb (--unpack):',
      '  Unpacking b19 ...',
      '  E: Sub-process dpkg returned an error code (1)',
    ]);
    expect(shown.length).to.be.lessThan(30);
    expect(shown.filter((line) => line === '  …')).to.have.length(1);
  });

  it('a script by what it does, where it says so', () => {
    const step = { kind: 'script', code: ':', args: ['', '300'], does: 'apt-get install nginx' } as const;
    expect(stepFailure(step, { rc: 100, stdout: '', stderr: '' }, {}).message).to.equal(
      'apt-get install nginx failed: exit code 100',
    );
  });
});
