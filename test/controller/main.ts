import { main } from '../../src/cli.js';

// The command line as a process of its own, for what can only be seen from outside: signals, and that it ends.
void main(process.argv.slice(2));
