'use strict';
// Reading and compiling the program took a sixth of a run that changes nothing. V8 can give out what it has compiled, and take it
// back the next time; it refuses what another release of it or other flags have made.
const { readFileSync } = require('node:fs');
const { createRequire, wrap } = require('node:module');
const { basename, dirname, join } = require('node:path');
const { Script } = require('node:vm');

/**
 * Load a file of the build and what it requires of it, compiled as it was kept.
 * @param {string} entry a file of the build
 * @param cache where compiled code is kept
 * @returns its exports
 */
exports.loadKept = function loadKept(entry, cache) {
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
    const cachedData = cache.read(name);
    const script = new Script(wrap(readFileSync(path, 'utf8')), { filename: path, cachedData });
    scripts.set(name, { script, isNew: !cachedData || script.cachedDataRejected });
    return script;
  }

  // At the end, when all that was used is compiled. A file that was not kept before means that this run did more than those.
  process.once('exit', () => {
    if ([...scripts.values()].some(({ isNew }) => isNew))
      cache.write([...scripts].map(([name, { script }]) => [name, script.createCachedData()]));
  });
  return load(entry);
};
