import type { CandidateQuery } from '../query.js';
import { quote, quoteAll } from '../quote.js';
import { chunked, textOf, type QueryKind } from './kind.js';

/** Installed, some with triggers that dpkg has still to run. */
const INSTALLED = new Set(['installed', 'triggers-awaited', 'triggers-pending']);

/** dpkg-query(1): only packages whose status is `installed` count; unpacked or removed-with-configuration ones do not. */
export const packages: QueryKind<'package'> = {
  program: 'dpkg-query',
  compile(queries) {
    const format = "'${Package}\\t${Architecture}\\t${db:Status-Status}\\t${Version}\\n'";
    return chunked(queries.map((query) => query.name)).map(
      (names) => `dpkg-query -W -f=${format} -- ${quoteAll(names)}`,
    );
  },
  parse(queries, outputs) {
    const installed = new Map<string, string>();
    for (const line of outputs.map(textOf).join('').split('\n')) {
      const [name, architecture, status, version] = line.split('\t');
      if (!INSTALLED.has(status ?? '') || name === undefined || version === undefined) continue;
      installed.set(`${name}:${architecture ?? ''}`, version);
      if (!installed.has(name)) installed.set(name, version);
    }
    return queries.map((query) => ({ version: installed.get(query.name) ?? null }));
  },
};

/** apt-cache(8) policy: the version that would be installed. One process for each release that is preferred. */
export const candidates: QueryKind<'candidate'> = {
  program: 'apt-cache',
  compile: (queries) =>
    runsOf(queries).map(({ release, names }) => {
      const prefer = release === undefined ? '' : `-o ${quote(`APT::Default-Release=${release}`)} `;
      return `apt-cache ${prefer}policy -- ${quoteAll(names)}`;
    }),
  parse(queries, outputs) {
    const known = new Map<string, string>();
    for (const [index, { release }] of runsOf(queries).entries()) {
      let name = '';
      for (const line of textOf(outputs[index]).split('\n')) {
        const title = /^(\S+):$/.exec(line)?.[1];
        if (title !== undefined) name = title;
        const version = /^ {2}Candidate: (\S+)$/.exec(line)?.[1];
        if (version !== undefined && version !== '(none)') known.set(`${release ?? ''} ${name}`, version);
      }
    }
    return queries.map(({ name, release }) => ({ version: known.get(`${release ?? ''} ${name}`) ?? null }));
  },
};

function runsOf(queries: readonly CandidateQuery[]): { release: string | undefined; names: string[] }[] {
  const releases = new Set(queries.map(({ release }) => release));
  return [...releases].flatMap((release) =>
    chunked(queries.filter((query) => query.release === release).map(({ name }) => name)).map((names) => ({
      release,
      names,
    })),
  );
}
