import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';

const RESOURCES = join(import.meta.dirname, '..', '..', 'src', 'resources');

/** Programs whose work has steps of its own: these know whose folder it is, an argument list does not. */
const PROGRAMS = /argv: \[\s*'(chown|chmod|chgrp|rm|rmdir|touch|ln|mv|cp|mkdir|tee|truncate)'/g;

describe('modules', () => {
  it('say what is done with files as data', () => {
    const found = readdirSync(RESOURCES, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts'))
      .flatMap((name) =>
        [...readFileSync(join(RESOURCES, name), 'utf8').matchAll(PROGRAMS)].map(
          ([text]) => `${name}: ${text}`,
        ),
      );
    expect(found).to.deep.equal([]);
    expect("argv: ['chown', '-R'").to.match(new RegExp(PROGRAMS));
  });
});
