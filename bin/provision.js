#!/usr/bin/env node
'use strict';
// Before anything that an older Node cannot read: its error would show the whole program.
requireNode(20, 19);
const { readFileSync } = require('node:fs');
const module_ = require('node:module');
const { homedir } = require('node:os');
const { join } = require('node:path');
const { setFlagsFromString } = require('node:v8');
const { isOwnTree } = require('../dist/own-cache.js');
const { openCache } = require('./cache.js');

const dist = join(__dirname, '..', 'dist');
const program = join(dist, 'cli.js');
// Not in Node's own place for it below /tmp, where others could have put theirs.
const kept = join(process.env.XDG_CACHE_HOME || join(home(), '.cache'), 'provision');
main(process.argv.slice(2));

function main(args) {
  // Most of a run's code runs a few times only: optimising it took a third of the processor's time. V8 12, in Node 22, has the flag
  // no more, and complains about flags that it does not have.
  if (Number.parseInt(process.versions.v8, 10) < 12) setFlagsFromString('--interrupt-budget=1000000');
  const build = readFileSync(join(dist, 'build-id'), 'latin1');
  const cache = openCache(join(kept, 'builds'), `${build}-${process.versions.v8}`);
  // From release 22 on Node keeps compiled code by itself, and believes what it finds.
  if (module_.enableCompileCache) {
    const compiled = join(kept, 'compiled');
    if (isOwnTree(compiled)) module_.enableCompileCache(compiled);
    require(program).main(args, cache);
  } else {
    require('./kept-code.js').loadKept(program, cache).main(args, cache);
  }
}

/** A user without an entry in passwd has none, and gets nothing kept. */
function home() {
  try {
    return homedir();
  } catch {
    return '/nonexistent';
  }
}

function requireNode(major, minor) {
  const found = process.versions.node.split('.').map(Number);
  if (found[0] > major || (found[0] === major && found[1] >= minor)) return;
  process.stderr.write(
    'error: provision needs Node ' +
      major +
      '.' +
      minor +
      ' or later, and this is Node ' +
      process.versions.node +
      '\n',
  );
  process.exit(5);
}
