import { expect } from 'chai';
import { buildCommand, imageFiles, imageKey, type Recipe } from '../../src/cluster/recipe.js';

const recipe: Recipe = {
  suite: 'trixie',
  sources: ['deb http://mirror.example/debian trixie main'],
  aptSettings: ['Acquire::Check-Valid-Until "false";'],
  certificates: [],
};
const withCertificate: Recipe = { ...recipe, certificates: [{ name: 'house.crt', content: 'PEM' }] };

describe('image recipe', () => {
  it('has one name for one content', () => {
    expect(imageKey(recipe)).to.match(/^trixie-[0-9a-f]{12}$/);
    expect(imageKey(recipe)).to.equal(imageKey({ ...recipe }));
    const others: Recipe[] = [
      withCertificate,
      { ...withCertificate, certificates: [{ name: 'house.crt', content: 'another' }] },
      { ...recipe, sources: ['deb http://other.example/debian trixie main'] },
      { ...recipe, aptSettings: [] },
      { ...recipe, suite: 'sid' },
    ];
    expect(new Set([recipe, ...others].map(imageKey)).size).to.equal(others.length + 1);
  });

  it('builds with the settings that the mirror needs', () => {
    const argv = buildCommand(recipe, '/images/x.new');
    expect(argv[0]).to.equal('mmdebstrap');
    expect(argv).to.include('--aptopt=Acquire::Check-Valid-Until "false"');
    expect(argv.slice(-3)).to.deep.equal([
      'trixie',
      '/images/x.new',
      'deb http://mirror.example/debian trixie main',
    ]);
  });

  it('lets nobody log in as root or with a password', () => {
    const sshd = imageFiles(recipe).find((file) => file.path === '/etc/ssh/sshd_config.d/90-cluster.conf')!;
    expect(sshd.content).to.contain('PermitRootLogin no').and.contain('PasswordAuthentication no');
  });

  it("tells programs of the machine's certificates only where it has any", () => {
    const paths = (of: Recipe): string[] => imageFiles(of).map((file) => file.path);
    expect(paths(recipe)).to.not.include('/etc/environment');
    expect(paths(withCertificate)).to.include.members([
      '/etc/environment',
      '/usr/local/share/ca-certificates/house.crt',
    ]);
    const certificate = imageFiles(withCertificate).find((file) => file.path.endsWith('house.crt'))!;
    expect(certificate.content).to.equal('PEM');
  });
});
