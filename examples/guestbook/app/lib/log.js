/** One line of JSON on standard output, errors on standard error. */
export function log(level, message, { error, ...fields } = {}) {
  const line = JSON.stringify({
    time: new Date().toISOString(),
    level,
    message,
    ...fields,
    ...(error === undefined ? {} : { error: error.message, code: error.code, stack: error.stack }),
  });
  (level === 'error' ? process.stderr : process.stdout).write(`${line}\n`);
}

/** Resolves when all lines are written: where output goes to a pipe, or through PM2, that is after `log` has returned. */
export async function flushLog() {
  const written = [process.stdout, process.stderr].map(
    (stream) => new Promise((resolve) => stream.write('', 'utf8', resolve)),
  );
  await Promise.all(written);
}
