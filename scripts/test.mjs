// `npm test`: every check of the project, one after the other, and one closing line that counts them.
import { spawn } from 'node:child_process';

const stages = [
  { name: 'programs that the tests start', run: ['node', 'scripts/test-programs.mjs'] },
  { name: 'build', run: ['npm', 'run', '--silent', 'build'] },
  { name: 'lint', run: ['npm', 'run', '--silent', 'lint'] },
  { name: 'type check', run: ['npm', 'run', '--silent', 'typecheck'] },
  { name: 'reference is up to date', run: ['npm', 'run', '--silent', 'docs', '--', '--check'] },
  { name: 'unit tests', run: ['npm', 'run', '--silent', 'test:unit'], mocha: true },
  { name: 'cluster tests', run: ['npm', 'run', '--silent', 'test:cluster'], mocha: true },
];

const total = { passed: 0, failed: 0, skipped: 0 };
for (const stage of stages) {
  const began = Date.now();
  console.log(`\n=== ${stage.name}`);
  const { status, output } = await run(stage.run);
  const counts = stage.mocha ? countMocha(output) : { passed: 0, failed: 0, skipped: 0 };
  if (!stage.mocha) counts[status === 0 ? 'passed' : 'failed'] += 1;
  // A runner that dies before it counts must not look like success.
  else if (status !== 0 && counts.failed === 0) counts.failed += 1;
  else if (counts.passed + counts.failed + counts.skipped === 0) counts.failed += 1;
  for (const key of Object.keys(total)) total[key] += counts[key];
  console.log(
    `=== ${stage.name}: ${status === 0 ? 'ok' : 'FAILED'} in ${((Date.now() - began) / 1000).toFixed(1)} s`,
  );
}
const skipped = total.skipped > 0 ? `, ${total.skipped} skipped` : '';
console.log(`\n${total.passed} passed, ${total.failed} failed${skipped}`);
process.exit(total.failed > 0 ? 1 : 0);

function run([command, ...args]) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    let output = '';
    child.stdout.on('data', (chunk) => {
      process.stdout.write(chunk);
      output += chunk;
    });
    child.on('close', (status) => resolve({ status, output }));
  });
}

/** The closing counts of mocha's spec reporter. */
function countMocha(output) {
  // eslint-disable-next-line no-control-regex
  const plain = output.replace(/\u001b\[[0-9;]*m/g, '');
  const count = (word) => Number(plain.match(new RegExp(`^\\s*(\\d+) ${word}`, 'm'))?.[1] ?? 0);
  return { passed: count('passing'), failed: count('failing'), skipped: count('pending') };
}
