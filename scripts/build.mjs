// Compiles src/ to dist/ and copies what is read at run time beside it.
import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';

const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc');
// Compiled beside and moved into place: whoever runs dist/ meanwhile finds the former build or the new one.
const fresh = `dist.${process.pid}`;
const { status } = spawnSync(process.execPath, [tsc, '-p', 'tsconfig.json', '--outDir', fresh], {
  stdio: 'inherit',
});
if (status === 0) {
  mkdirSync(`${fresh}/agent`, { recursive: true });
  cpSync('src/agent/agent.sh', `${fresh}/agent/agent.sh`);
  chmodSync('bin/provision.js', 0o755);
  rmSync('dist', { recursive: true, force: true });
  renameSync(fresh, 'dist');
}
rmSync(fresh, { recursive: true, force: true });
process.exit(status ?? 1);
