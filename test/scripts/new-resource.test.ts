import { expect } from 'chai';
import { skeletonCases, variableName, withRegistration } from '../../scripts/new-resource/skeleton.js';

const registry = `import { apt } from './apt.js';
import type { Resource } from './resource.js';
import { user } from './user.js';

const all: readonly Resource[] = [
  apt,
  user,
];
`;

describe('new-resource', () => {
  it('registers in the place of the name', () => {
    expect(withRegistration(registry, 'mysql_user')).to.equal(
      registry
        .replace('import { user }', "import { mysqlUser } from './mysql_user.js';\nimport { user }")
        .replace('  user,', '  mysqlUser,\n  user,'),
    );
    expect(withRegistration(registry, 'zone')).to.equal(
      registry
        .replace("'./user.js';", "'./user.js';\nimport { zone } from './zone.js';")
        .replace('  user,', '  user,\n  zone,'),
    );
  });

  it('names variables as the code does', () => {
    expect(['apt', 'mysql_user', 'a_b_c2'].map(variableName)).to.deep.equal(['apt', 'mysqlUser', 'aBC2']);
  });

  it('makes a case of every kind that the runner asks for', () => {
    const kinds = Object.values(skeletonCases()).map((text) => (JSON.parse(text) as { kind: string }).kind);
    expect(kinds.sort()).to.deep.equal(['change', 'create', 'in-sync', 'wrong-input']);
  });
});
