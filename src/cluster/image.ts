import { access, chmod, mkdir, readFile, readdir, rename, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { carriedSettings, imageSources, parseDeb822, parseOneLine, parseOsRelease } from './apt-sources.js';
import type { Context } from './context.js';
import { writeFiles } from './disk.js';
import { withImages } from './locks.js';
import type { Roots } from './paths.js';
import {
  buildCommand,
  finishCommands,
  imageFiles,
  imageKey,
  privateFiles,
  type Certificate,
  type Recipe,
} from './recipe.js';
import { contained, run } from './run.js';
import { readStates } from './state.js';
import { suites, type Suite } from './suites.js';

export type ImageOptions = Context & { readonly suite: Suite };

/** The folder of the suite's base image; built first when there is none for the present recipe. */
export async function ensureImage(options: ImageOptions): Promise<string> {
  await closeImages(options.roots);
  const recipe = await readRecipe(options.suite);
  const folder = join(options.roots.images, imageKey(recipe));
  if (await exists(folder)) return folder;
  return withImages(options, async () => {
    if (await exists(folder)) return folder;
    options.report(`image ${options.suite}: building it once, which takes a minute or two`);
    const started = Date.now();
    await build(recipe, folder, options.signal);
    options.report(`image ${options.suite}: built in ${Math.round((Date.now() - started) / 1000)} s`);
    await removeUnused(options.roots, options.suite, basename(folder));
    return folder;
  });
}

/**
 * An image holds setuid programs, which get no updates: nobody but root may come near them. An image itself is the root folder of
 * hosts and open to their users, so what it lies in is closed, also where an earlier version has made it.
 */
export async function closeImages({ images }: Roots): Promise<void> {
  await mkdir(images, { recursive: true, mode: 0o700 });
  await chmod(images, 0o700);
}

/** Remove the images that no cluster stands on, and what killed builds left. Returns the names of the removed ones. */
export async function purgeImages(context: Context): Promise<string[]> {
  const removed = suites.map((suite) =>
    withImages({ ...context, suite }, () => removeUnused(context.roots, suite)),
  );
  return (await Promise.all(removed)).flat();
}

async function build(recipe: Recipe, folder: string, signal: AbortSignal | undefined): Promise<void> {
  const fresh = `${folder}.new`;
  // What a killed build left; nobody is at work on it, as this run holds the lock.
  await rm(fresh, { recursive: true, force: true });
  await mkdir(fresh, { recursive: true, mode: 0o755 });
  try {
    await run(contained(buildCommand(recipe, fresh)), { signal });
    await writeFiles(fresh, imageFiles(recipe));
    const env = { DEBIAN_FRONTEND: 'noninteractive' };
    for (const command of finishCommands())
      await run(contained(['chroot', fresh, ...command]), { env, signal });
    await Promise.all(privateFiles.map((file) => rm(join(fresh, file), { force: true })));
    await rename(fresh, folder);
  } catch (error) {
    await rm(fresh, { recursive: true, force: true });
    throw error;
  }
}

/** The recipe of a release as the machine's own settings make it. */
export async function readRecipe(suite: Suite): Promise<Recipe> {
  const [osRelease, dump, sources] = await Promise.all([
    readFile('/etc/os-release', 'utf8').catch(() => ''),
    run(['apt-config', 'dump']),
    readSources(),
  ]);
  return {
    suite,
    sources: imageSources(sources, parseOsRelease(osRelease), suite),
    aptSettings: carriedSettings(dump.stdout, suite),
    certificates: await readCertificates('/usr/local/share/ca-certificates'),
  };
}

async function readSources(): Promise<ReturnType<typeof parseDeb822>> {
  const dir = '/etc/apt/sources.list.d';
  const names = (await readdir(dir).catch(() => [])).sort();
  const files = ['/etc/apt/sources.list', ...names.map((name) => join(dir, name))];
  const parsed = files.map(async (file) => {
    const parse = file.endsWith('.list') ? parseOneLine : file.endsWith('.sources') ? parseDeb822 : undefined;
    return parse ? parse(await readFile(file, 'utf8').catch(() => '')) : [];
  });
  return (await Promise.all(parsed)).flat();
}

async function readCertificates(dir: string): Promise<Certificate[]> {
  const entries = await readdir(dir, { recursive: true }).catch(() => []);
  const names = entries.filter((name) => name.endsWith('.crt')).sort();
  return Promise.all(
    names.map(async (name) => ({ name: basename(name), content: await readFile(join(dir, name), 'utf8') })),
  );
}

/** Of one suite: images that no cluster stands on. What is in use or `kept` stays. */
async function removeUnused(roots: Roots, suite: Suite, kept?: string): Promise<string[]> {
  const used = new Set((await readStates(roots)).flatMap((state) => Object.values(state.images)));
  const names = (await readdir(roots.images).catch(() => [])).filter((name) => name.startsWith(`${suite}-`));
  const unused = names.filter((name) => name !== kept && !used.has(join(roots.images, name)));
  await run(['rm', '-rf', '--', ...unused.map((name) => join(roots.images, name))]);
  return unused;
}

async function exists(path: string): Promise<boolean> {
  return access(path)
    .then(() => true)
    .catch(() => false);
}
