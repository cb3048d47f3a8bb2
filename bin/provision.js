#!/usr/bin/env node
'use strict';
const module_ = require('node:module');
const { homedir } = require('node:os');
const { join } = require('node:path');
const { setFlagsFromString } = require('node:v8');

const program = join(__dirname, '..', 'dist', 'cli.js');
// Not in Node's own place for it below /tmp, where others could have put theirs.
const kept = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'provision');
main(process.argv.slice(2));

function main(args) {
  // Most of a run's code runs a few times only: optimising it took a third of the processor's time. V8 12, in Node 22, has the flag
  // no more, and complains about flags that it does not have.
  if (Number.parseInt(process.versions.v8, 10) < 12) setFlagsFromString('--interrupt-budget=1000000');
  // From release 22 on Node keeps compiled code by itself.
  if (module_.enableCompileCache) {
    module_.enableCompileCache(kept);
    require(program).main(args);
  } else {
    require('./kept-code.js').loadKept(program, join(kept, 'code')).main(args);
  }
}
