// Makes the skeleton of a resource: source, cases, and its lines in the registry. See docs/adding-a-resource.md.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { skeletonCases, skeletonSource, variableName, withRegistration } from './new-resource/skeleton.js';

const [name] = process.argv.slice(2);
if (name === undefined || !/^[a-z][a-z0-9]*(_[a-z0-9]+)*$/.test(name)) {
  fail('usage: npm run new-resource NAME   (NAME in small letters, digits and underscores)');
}
const source = `src/resources/${name}.ts`;
const cases = `test/resources/${name}`;
for (const path of [source, cases]) if (existsSync(path)) fail(`${path} is there already`);

writeFileSync(source, skeletonSource(name));
mkdirSync(cases, { recursive: true });
for (const [file, text] of Object.entries(skeletonCases())) writeFileSync(`${cases}/${file}`, text);
const registry = 'src/resources/index.ts';
writeFileSync(registry, withRegistration(readFileSync(registry, 'utf8'), name));

process.stdout.write(
  `${source}\n${cases}/\n${registry}: ${variableName(name)}\n\nThe cases pass now; make them say what ${name} shall do, then make it do so:\n` +
    "  npx mocha test/resources/run-cases.test.ts -g '" +
    name +
    "'\n",
);

function fail(message: string): never {
  process.stderr.write(`${message}\n`);
  process.exit(2);
}
