'use strict';
// Reading and compiling the program took a sixth of a run that changes nothing. V8 can give out what it has compiled, and take it
// back the next time; it refuses what another release of it or other flags have made.
const fs = require('node:fs');
const { createRequire, wrap } = require('node:module');
const { basename, dirname, join } = require('node:path');
const { Script } = require('node:vm');

/** How many builds' code is kept: of two installations side by side, and of one that is being worked on. */
const BUILDS = 3;

/**
 * Load a file of the build and what it requires of it, compiled as it was kept.
 * @param {string} entry a file of the build
 * @param {string} folder where compiled code is kept; what is not the user's own there is neither read nor written
 * @returns its exports
 */
exports.loadKept = function loadKept(entry, folder) {
  const build = fs.readFileSync(join(dirname(entry), 'build-id'), 'latin1');
  const own = join(folder, `${build}-${process.versions.v8}`);
  const scripts = new Map();
  const modules = new Map();
  const outside = createRequire(entry);

  function load(path) {
    const known = modules.get(path);
    if (known) return known.exports;
    const module = { exports: {} };
    modules.set(path, module);
    const near = (name) => (name.startsWith('./') ? load(join(dirname(path), name)) : outside(name));
    compile(path).runInThisContext()(module.exports, near, module, path, dirname(path));
    return module.exports;
  }

  function compile(path) {
    const name = basename(path);
    const cachedData = readOwn(join(own, name));
    const script = new Script(wrap(fs.readFileSync(path, 'utf8')), { filename: path, cachedData });
    scripts.set(name, { script, isNew: !cachedData || script.cachedDataRejected });
    return script;
  }

  // At the end, when all that was used is compiled. A file that was not kept before means that this run did more than those.
  process.once('exit', () => {
    if (![...scripts.values()].some(({ isNew }) => isNew)) return;
    try {
      keep(scripts, own);
      forget(folder, own);
    } catch {
      // A home that cannot be written to: the program is compiled each time.
    }
  });
  return load(entry);
};

/** A file that is the user's own and that nobody else can write to, or undefined. */
function readOwn(path) {
  let fd;
  try {
    fd = fs.openSync(path, 'r');
    return isOwn(fs.fstatSync(fd)) ? fs.readFileSync(fd) : undefined;
  } catch {
    return undefined;
  } finally {
    if (fd !== undefined) fs.closeSync(fd);
  }
}

function isOwn({ uid, mode }) {
  return uid === process.geteuid() && (mode & 0o022) === 0;
}

function keep(scripts, folder) {
  makeFolder(folder, 4);
  if (!isOwn(fs.statSync(folder))) return;
  for (const [name, { script }] of scripts) {
    const fresh = join(folder, `${name}.${process.pid}`);
    const fd = fs.openSync(fresh, 'wx', 0o600);
    try {
      fs.writeFileSync(fd, script.createCachedData());
      fs.fsyncSync(fd);
    } finally {
      fs.closeSync(fd);
    }
    fs.renameSync(fresh, join(folder, name));
  }
}

/** A folder and so many above it. Not `recursive`: where the topmost cannot be made, as below /proc, Node tries for ever. */
function makeFolder(path, levels) {
  if (levels > 1) makeFolder(dirname(path), levels - 1);
  try {
    fs.mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
  }
}

/** Remove the code of builds that were kept before the last few. */
function forget(folder, own) {
  const others = fs
    .readdirSync(folder)
    .map((name) => join(folder, name))
    .filter((path) => path !== own)
    .map((path) => ({ path, since: fs.statSync(path).mtimeMs }))
    .sort((a, b) => b.since - a.since);
  for (const { path } of others.slice(BUILDS - 1)) fs.rmSync(path, { recursive: true, force: true });
}
