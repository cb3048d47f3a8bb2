// What is in the bundle, for those who have to know: a CycloneDX document of every package of which esbuild has put a file into dist/.

const SPEC = '1.6';

/**
 * The folders of the packages that a build has read, outermost first: `node_modules/a`, `node_modules/a/node_modules/b`.
 * @param {readonly string[]} inputs paths of esbuild's metafile
 * @returns {string[]} sorted, each once
 */
export function packageFolders(inputs) {
  const folders = inputs.flatMap((path) => path.match(/^.*node_modules\/(?:@[^/]+\/)?[^/]+/)?.[0] ?? []);
  return [...new Set(folders)].sort();
}

/**
 * The same bundle gives the same document: there is no time in it, and its number is made of its content.
 * @param {object} given
 * @param {{ name: string, version: string, license: string, description: string }} given.self package.json
 * @param {Record<string, { version: string, integrity?: string, dependencies?: Record<string, string> }>} given.locked
 *   `packages` of package-lock.json
 * @param {readonly { folder: string, name: string, version: string, license?: string, licenses?: { type: string }[] }[]} given.bundled
 *   folders with what their package.json says
 * @param {(text: string) => string} given.sha256 in hex
 * @returns {string} JSON
 * @throws Error where node_modules is not what the lock file says: the document would not be true
 */
export function sbom({ self, locked, bundled, sha256 }) {
  const found = bundled.map((one) => ({ ...one, key: lockKey(one.folder), lock: lockOf(one, locked) }));
  const refs = new Map(found.map(({ key, name, version }) => [key, purl(name, version)]));
  // A package can be there twice, of one version, in two places.
  const once = [...new Map(found.map((one) => [purl(one.name, one.version), one])).values()];
  const root = purl(self.name, self.version);
  const document = {
    bomFormat: 'CycloneDX',
    specVersion: SPEC,
    version: 1,
    metadata: {
      lifecycles: [{ phase: 'build' }],
      component: {
        type: 'application',
        'bom-ref': root,
        name: self.name,
        version: self.version,
        description: self.description,
        licenses: licensesOf(self.license),
        purl: root,
      },
    },
    components: once.map(componentOf),
    dependencies: [
      // All are development dependencies: which of them the program's own code asks for is not in the lock file.
      { ref: root, dependsOn: once.map(({ name, version }) => purl(name, version)).sort() },
      ...once.map(({ name, version }) => ({
        ref: purl(name, version),
        dependsOn: [
          ...new Set(
            found
              .filter((one) => one.name === name && one.version === version)
              .flatMap(({ key, lock }) => dependenciesOf(key, lock, refs)),
          ),
        ].sort(),
      })),
    ],
  };
  const serialNumber = `urn:uuid:${uuidOf(sha256(JSON.stringify(document)))}`;
  const { bomFormat, specVersion, ...rest } = document;
  return `${JSON.stringify({ bomFormat, specVersion, serialNumber, ...rest }, null, 2)}\n`;
}

function componentOf({ name, version, license, licenses, lock }) {
  const [group, plain] = name.startsWith('@') ? name.split('/') : [undefined, name];
  return {
    type: 'library',
    'bom-ref': purl(name, version),
    ...(group === undefined ? {} : { group }),
    name: plain,
    version,
    scope: 'required',
    hashes: hashesOf(lock.integrity),
    licenses: licensesOf(license ?? licenses?.[0]?.type),
    purl: purl(name, version),
  };
}

/** The key of a folder in package-lock.json, wherever node_modules itself lies. */
function lockKey(folder) {
  return folder.slice(folder.indexOf('node_modules/'));
}

function lockOf({ folder, version }, locked) {
  const lock = locked[lockKey(folder)];
  if (lock?.version === version && lock.integrity !== undefined) return lock;
  throw new Error(
    `${folder} has version ${version}, and package-lock.json ${lock ? `${lock.version} (${lock.integrity ?? 'no checksum'})` : 'does not know it'}: run npm ci`,
  );
}

/** What of a package's dependencies is in the bundle: looked for beside it and further out, as Node does. */
function dependenciesOf(key, { dependencies = {} }, refs) {
  const folders = key
    .split('/node_modules/')
    .map((_part, index, parts) => parts.slice(0, index + 1).join('/node_modules/'));
  const places = ['', ...folders.map((folder) => `${folder}/`)].reverse();
  return Object.keys(dependencies).flatMap((name) => {
    const place = places.find((one) => refs.has(`${one}node_modules/${name}`));
    return place === undefined ? [] : [refs.get(`${place}node_modules/${name}`)];
  });
}

/** https://github.com/package-url/purl-spec */
function purl(name, version) {
  return `pkg:npm/${name.replace('@', '%40')}@${version}`;
}

/** The checksum of the archive that the registry serves. */
function hashesOf(integrity) {
  return integrity.split(/\s+/).map((one) => {
    const [algorithm, sum] = one.split(/-(.*)/);
    return {
      alg: algorithm.toUpperCase().replace('SHA', 'SHA-'),
      content: Buffer.from(sum, 'base64').toString('hex'),
    };
  });
}

function licensesOf(license) {
  if (license === undefined) return [];
  return / (?:OR|AND|WITH) /.test(license) ? [{ expression: license }] : [{ license: { id: license } }];
}

/** A UUID of version 8, made of a digest. */
function uuidOf(hex) {
  const variant = ((Number.parseInt(hex[16], 16) & 3) | 8).toString(16);
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`,
    `${variant}${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ].join('-');
}
