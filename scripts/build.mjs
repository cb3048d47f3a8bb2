// Bundles src/ into dist/: Node reads a dozen files at start-up instead of a thousand. Types are checked by `npm run typecheck`.
import { build, transformSync } from 'esbuild';
import { createHash } from 'node:crypto';
import { chmodSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { packageFolders, sbom } from './sbom.mjs';

/**
 * Parts of ssh2 that are compiled at its installation. They would save 0.7 ms of a login, and cost everybody who installs the program a
 * compiler's run and other people's scripts. ssh2 looks whether they are there, and works without them.
 */
const compiled = {
  name: 'compiled parts',
  setup(bundler) {
    bundler.onResolve({ filter: /^cpu-features$|\/sshcrypto\.node$/ }, ({ path }) => ({
      path,
      namespace: 'left-out',
    }));
    bundler.onLoad({ filter: /.*/, namespace: 'left-out' }, () => ({
      contents: "throw new Error('not in the bundle');",
    }));
  },
};

// Built beside and moved into place: whoever runs dist/ meanwhile finds the former build or the new one.
const fresh = `dist.${process.pid}`;
try {
  const { metafile, outputFiles } = await build({
    entryPoints: ['src/cli.ts'],
    outdir: fresh,
    write: false,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    plugins: [compiled],
    metafile: true,
    logLevel: 'warning',
  });
  // What bin/ asks before it loads anything else.
  const cacheTrust = await build({
    entryPoints: ['src/trust/own-cache.ts'],
    write: false,
    bundle: true,
    format: 'cjs',
    platform: 'node',
    target: 'node20',
    minify: true,
    logLevel: 'warning',
  });
  mkdirSync(fresh);
  writeFileSync(join(fresh, 'own-cache.js'), cacheTrust.outputFiles[0].text);
  const id = createHash('sha256');
  for (const { path, text } of outputFiles) {
    const code = toCommonJs(text);
    id.update(code);
    writeFileSync(join(fresh, basename(path)), code);
  }
  // bin/kept-code.js keeps compiled code by it.
  writeFileSync(join(fresh, 'build-id'), id.digest('hex').slice(0, 16));
  writeFileSync(join(fresh, 'package.json'), '{ "type": "commonjs" }\n');
  const bundled = packageFolders(Object.keys(metafile.inputs)).map((folder) => ({
    folder,
    ...manifest(folder),
  }));
  writeFileSync(join(fresh, 'LICENSES.txt'), licenses(bundled));
  const { packages: locked } = JSON.parse(readFileSync('package-lock.json', 'utf8'));
  writeFileSync(join(fresh, 'sbom.cdx.json'), sbom({ self: manifest('.'), locked, bundled, sha256 }));
  chmodSync('bin/provision.js', 0o755);
  rmSync('dist', { recursive: true, force: true });
  renameSync(fresh, 'dist');
} finally {
  rmSync(fresh, { recursive: true, force: true });
}

/** esbuild splits ES modules alone, and V8 gives out the compiled code of scripts alone. */
function toCommonJs(text) {
  const { code } = transformSync(text, {
    format: 'cjs',
    platform: 'node',
    target: 'node20',
    supported: { 'dynamic-import': false },
    define: { 'import.meta.url': 'moduleUrl' },
    minifyWhitespace: true,
    minifySyntax: true,
    legalComments: 'none',
  });
  const url = text.includes('import.meta.url')
    ? "const moduleUrl = require('node:url').pathToFileURL(__filename).href;\n"
    : '';
  return url + code;
}

function manifest(folder) {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
}

function sha256(text) {
  return createHash('sha256').update(text).digest('hex');
}

/** The licences of all packages that are in the bundle, as they ask for. */
function licenses(bundled) {
  return bundled
    .map(({ folder, name, version, license }) => {
      const file = readdirSync(folder).find((one) => /^licen[cs]e/i.test(one));
      const text = file === undefined ? `License: ${license}` : readFileSync(join(folder, file), 'utf8');
      return `${name} ${version}\n\n${text.trim()}\n`;
    })
    .join(`\n${'-'.repeat(80)}\n\n`);
}
