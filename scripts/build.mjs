// Compiles src/ to dist/ and copies what is read at run time beside it.
import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';

const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc');
rmSync('dist', { recursive: true, force: true });
const { status } = spawnSync(process.execPath, [tsc, '-p', 'tsconfig.json'], { stdio: 'inherit' });
if (status !== 0) process.exit(status ?? 1);
mkdirSync('dist/agent', { recursive: true });
cpSync('src/agent/agent.sh', 'dist/agent/agent.sh');
chmodSync('bin/provision.js', 0o755);
