import { factsScript, parseFacts } from '../facts.js';
import { textOf, type QueryKind } from './kind.js';

export const facts: QueryKind<'facts'> = {
  compile: () => [factsScript],
  parse: (queries, [output]) => {
    const known = parseFacts(textOf(output));
    return queries.map(() => known);
  },
};
