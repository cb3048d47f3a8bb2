#!/usr/bin/env node
import { setFlagsFromString } from 'node:v8';
// Most of a run's code runs a few times only: optimising it took a third of the processor's time.
setFlagsFromString('--interrupt-budget=1000000');
import('../dist/cli.js').then(({ main }) => main(process.argv.slice(2)));
