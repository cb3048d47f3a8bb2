#!/usr/bin/env node
import * as module from 'node:module';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
// Most of a run's code runs a few times only: optimising it took a third of the processor's time. V8 12, in Node 22, has the flag no
// more, and complains about flags that it does not have.
if (Number.parseInt(process.versions.v8, 10) < 12) setFlagsFromString('--interrupt-budget=1000000');
// From Node 22 on compiled code is kept. Not in Node's own place below /tmp, where others could have put theirs.
module.enableCompileCache?.(join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'provision'));
import('../dist/cli.js').then(({ main }) => main(process.argv.slice(2)));
