import { expect } from 'chai';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { validate, type JsonSchema } from '../../src/schema.js';
import { releases, rolesOnHosts, type RoleOnHost } from './support.js';

/** Described, and given a value by users alone. */
const WITHOUT_DEFAULT = new Set(['internal_address', 'app_artifact']);

for (const inventory of ['inventory/demo.yml', 'inventory/production.example.yml']) {
  for (const release of releases) {
    describe(`variables of roles in ${inventory} on ${release}`, () => {
      let all: RoleOnHost[] = [];
      before(async () => {
        all = await rolesOnHosts({ release, inventory });
      });

      it('uses every role', () => {
        const names = new Set(all.map(({ role }) => role.name));
        expect([...names]).to.have.members([
          'common',
          'firewall',
          'mysql',
          'nodejs',
          'app',
          'nginx',
          'haproxy',
          'keepalived',
        ]);
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

      it('gives values that the schemas allow', () => {
        for (const { role, host, scope } of all) {
          const schema = schemaOf(role.path);
          const names = Object.keys(schema.properties ?? {}).filter((name) => scope.has(name));
          const values = Object.fromEntries(names.map((name) => [name, scope.get(name)]));
          expect(validate(schema, values), `${role.name} on ${host}`).to.deep.equal([]);
        }
      });
    });
  }
}

function schemaOf(rolePath: string): JsonSchema {
  return JSON.parse(readFileSync(join(rolePath, 'schema.json'), 'utf8')) as JsonSchema;
}
