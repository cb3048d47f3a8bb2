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
