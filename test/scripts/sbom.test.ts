import { expect } from 'chai';
import { build } from 'esbuild';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
// @ts-expect-error a program of the build, in JavaScript
import * as untyped from '../../scripts/sbom.mjs';

interface Bom {
  readonly bomFormat: string;
  readonly specVersion: string;
  readonly serialNumber: string;
  readonly metadata: { readonly component: { readonly 'bom-ref': string } };
  readonly components: readonly {
    readonly 'bom-ref': string;
    readonly group?: string;
    readonly name: string;
    readonly version: string;
    readonly purl: string;
    readonly licenses: readonly {
      readonly license?: { readonly id: string };
      readonly expression?: string;
    }[];
    readonly hashes: readonly { readonly alg: string; readonly content: string }[];
  }[];
  readonly dependencies: readonly { readonly ref: string; readonly dependsOn: readonly string[] }[];
}
interface Bundled {
  readonly folder: string;
  readonly name: string;
  readonly version: string;
  readonly license?: string;
}
type Locked = Record<string, { version: string; integrity?: string; dependencies?: Record<string, string> }>;
const { sbom, packageFolders } = untyped as {
  sbom(given: {
    self: unknown;
    locked: Locked;
    bundled: readonly Bundled[];
    sha256(text: string): string;
  }): string;
  packageFolders(inputs: readonly string[]): string[];
};

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
const manifest = (folder: string): Bundled => ({
  folder,
  ...(JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Omit<Bundled, 'folder'>),
});
const locked = (): Locked =>
  (JSON.parse(readFileSync('package-lock.json', 'utf8')) as { packages: Locked }).packages;
const self = { name: 'own', version: '1.0.0', license: 'MIT', description: 'this one' };
const made = (bundled: readonly Bundled[], packages: Locked): Bom =>
  JSON.parse(sbom({ self, locked: packages, bundled, sha256 })) as Bom;

describe('the bill of materials', () => {
  describe('of the program', function () {
    this.timeout(60_000);
    let folders: string[] = [];
    let bom: Bom;

    before(async () => {
      const { metafile } = await build({
        entryPoints: ['src/cli.ts'],
        outdir: 'unused',
        write: false,
        bundle: true,
        splitting: true,
        format: 'esm',
        platform: 'node',
        external: ['cpu-features', '*.node'],
        metafile: true,
        logLevel: 'silent',
      });
      folders = packageFolders(Object.keys(metafile.inputs));
      bom = made(folders.map(manifest), locked());
    });

    it('names each package of which a file is in the bundle, and no other', () => {
      const wanted = new Set(folders.map(manifest).map(({ name, version }) => `${name} ${version}`));
      const named = bom.components.map(
        ({ group, name, version }) => `${group ? `${group}/` : ''}${name} ${version}`,
      );
      expect(named).to.have.members([...wanted]);
      expect(new Set(named).size).to.equal(named.length);
      expect(named.some((one) => one.startsWith('ssh2 '))).to.equal(true);
      expect(named.length).to.be.above(30);
    });

    it('has for each its licence and the checksum of the lock file', () => {
      const sums = new Set(
        Object.values(locked()).flatMap(({ integrity }) =>
          integrity === undefined
            ? []
            : [Buffer.from(integrity.replace(/^sha512-/, ''), 'base64').toString('hex')],
        ),
      );
      for (const one of bom.components) {
        expect(one.purl, one.name).to.match(/^pkg:npm\/(%40[\w.-]+\/)?[\w.-]+@\d+\.\d+\.\d+$/);
        expect(
          one.licenses.map(({ license, expression }) => license?.id ?? expression).join(),
          one.name,
        ).to.match(/\w/);
        expect(
          one.hashes.map(({ alg }) => alg),
          one.name,
        ).to.deep.equal(['SHA-512']);
        expect(sums.has(one.hashes[0]!.content), one.name).to.equal(true);
      }
    });

    it('refers to nothing that is not in it', () => {
      const refs = new Set([
        bom.metadata.component['bom-ref'],
        ...bom.components.map((one) => one['bom-ref']),
      ]);
      expect(bom.dependencies.map(({ ref }) => ref)).to.have.members([...refs]);
      for (const { dependsOn } of bom.dependencies)
        for (const one of dependsOn) expect(refs.has(one), one).to.equal(true);
      const ssh2 = bom.dependencies.find(({ ref }) => ref.startsWith('pkg:npm/ssh2@'));
      expect(ssh2?.dependsOn.map((one) => one.replace(/@.*/, ''))).to.deep.equal([
        'pkg:npm/asn1',
        'pkg:npm/bcrypt-pbkdf',
      ]);
    });
  });

  // Integrity of "a" and "b" as a registry would give it.
  const integrity = (text: string): string => `sha512-${createHash('sha512').update(text).digest('base64')}`;
  const packages: Locked = {
    'node_modules/@scope/a': { version: '1.0.0', integrity: integrity('a'), dependencies: { b: '^2.0.0' } },
    'node_modules/@scope/a/node_modules/b': { version: '2.1.0', integrity: integrity('b') },
    'node_modules/b': { version: '1.0.0', integrity: integrity('b1') },
    'node_modules/c': { version: '1.0.0', integrity: integrity('c'), dependencies: { b: '1', gone: '1' } },
    'node_modules/c/node_modules/d': { version: '1.0.0', integrity: integrity('d') },
    'node_modules/e/node_modules/d': { version: '1.0.0', integrity: integrity('d') },
  };
  const one = (folder: string, name: string, version: string, license = 'MIT'): Bundled => ({
    folder,
    name,
    version,
    license,
  });
  const bundled = [
    one('../elsewhere/node_modules/@scope/a', '@scope/a', '1.0.0', '(MIT OR Apache-2.0)'),
    one('../elsewhere/node_modules/@scope/a/node_modules/b', 'b', '2.1.0'),
    one('../elsewhere/node_modules/b', 'b', '1.0.0'),
    one('../elsewhere/node_modules/c', 'c', '1.0.0'),
  ];

  it('finds the dependency that Node finds', () => {
    const bom = made(bundled, packages);
    const of = (ref: string): readonly string[] | undefined =>
      bom.dependencies.find((entry) => entry.ref === ref)?.dependsOn;
    expect(of('pkg:npm/%40scope/a@1.0.0')).to.deep.equal(['pkg:npm/b@2.1.0']);
    expect(of('pkg:npm/c@1.0.0')).to.deep.equal(['pkg:npm/b@1.0.0']);
    expect(bom.components[0]).to.deep.include({
      group: '@scope',
      name: 'a',
      licenses: [{ expression: '(MIT OR Apache-2.0)' }],
      hashes: [{ alg: 'SHA-512', content: createHash('sha512').update('a').digest('hex') }],
    });
  });

  it('names a package once that lies in two places', () => {
    const twice = [
      one('node_modules/c/node_modules/d', 'd', '1.0.0'),
      one('node_modules/e/node_modules/d', 'd', '1.0.0'),
    ];
    expect(made(twice, packages).components.map(({ purl }) => purl)).to.deep.equal(['pkg:npm/d@1.0.0']);
  });

  it('is the same for the same bundle, and has another number for another', () => {
    expect(made(bundled, packages)).to.deep.equal(made(bundled, packages));
    const numbers = [made(bundled, packages), made(bundled.slice(1), packages)].map(
      ({ serialNumber }) => serialNumber,
    );
    for (const number of numbers)
      expect(number).to.match(/^urn:uuid:[\da-f]{8}-[\da-f]{4}-8[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/);
    expect(new Set(numbers).size).to.equal(2);
  });

  it('is not made when what lies there is not what the lock file says', () => {
    expect(() => made([one('node_modules/b', 'b', '1.0.1')], packages)).to.throw(
      'node_modules/b has version 1.0.1, and package-lock.json 1.0.0',
    );
    expect(() => made([one('node_modules/z', 'z', '1.0.0')], packages)).to.throw(
      'package-lock.json does not know it: run npm ci',
    );
  });
});

describe('the package', () => {
  const own = JSON.parse(readFileSync('package.json', 'utf8')) as Record<string, unknown>;

  it('needs no other package, so that the bill of materials is all there is', () => {
    expect(own).to.not.have.any.keys('dependencies', 'optionalDependencies', 'peerDependencies');
  });

  it('is published with provenance', () => {
    expect(own['publishConfig']).to.deep.include({ provenance: true });
  });
});
