import { factsScript, parseFacts } from '../facts.js';
import type { QueryKind } from './kind.js';

export const facts: QueryKind<'facts'> = {
  compile: () => factsScript,
  parse: (queries, output) => {
    const known = parseFacts(output.stdout.toString('utf8'));
    return queries.map(() => known);
  },
};
