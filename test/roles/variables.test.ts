import { expect } from 'chai';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { validate, type JsonSchema } from '../../src/schema.js';
import { releases, rolesOnHosts, type RoleOnHost } from './support.js';

/** Names that a schema describes and that the user alone gives a value. */
const WITHOUT_DEFAULT = new Set(['internal_address']);

for (const release of releases) {
  describe(`variables of roles on ${release}`, () => {
    let all: RoleOnHost[] = [];
    before(async () => {
      all = await rolesOnHosts(release);
    });

    it('has every host of the demo', () => {
      const pairs = all.map(({ role, host }) => `${role.name}@${host}`);
      expect(pairs).to.include.members(['common@db1', 'nginx@web2', 'haproxy@lb1', 'keepalived@lb2']);
    });

    it('describes every default, and gives everything described a default', () => {
      for (const { role } of all) {
        const { properties = {} } = schemaOf(role.path);
        expect([...role.defaults.keys()].sort(), role.name).to.deep.equal(
          Object.keys(properties)
            .filter((name) => !WITHOUT_DEFAULT.has(name))
            .sort(),
        );
        for (const [name, property] of Object.entries(properties))
          expect(property.description, name).to.be.a('string');
      }
    });

    it('gives values that the schema allows', () => {
      for (const { role, host, scope } of all) {
        const values = Object.fromEntries([...role.defaults.keys()].map((name) => [name, scope.get(name)]));
        expect(validate(schemaOf(role.path), values), `${role.name} on ${host}`).to.deep.equal([]);
      }
    });
  });
}

function schemaOf(rolePath: string): JsonSchema {
  return JSON.parse(readFileSync(join(rolePath, 'schema.json'), 'utf8')) as JsonSchema;
}
