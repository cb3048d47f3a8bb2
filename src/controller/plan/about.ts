import { cutLine } from '../../cut.js';
import type { Query } from '../../agent/query.js';

/** What a query asks about, for people. */
export function aboutQuery(query: Query): string {
  switch (query.kind) {
    case 'file':
    case 'content':
    case 'sum':
      return `the file ${query.path}`;
    case 'package':
      return `the package ${query.name}`;
    case 'candidate':
      return `the version of ${query.name} that apt would install`;
    case 'unit':
      return `the unit ${query.name}`;
    case 'user':
    case 'group':
      return `the ${query.kind} ${query.name}`;
    case 'sysctl':
      return `the kernel setting ${query.name}`;
    case 'sql':
      return `the database's answer to ${cutLine(query.sql, 60)}`;
    case 'listen':
      return 'the listening ports';
    case 'command':
      return `what ${cutLine(query.argv.join(' '), 60)} says`;
    case 'script':
      return 'what a script says';
    case 'login':
      return 'whether a new login works';
    case 'facts':
    case 'markers':
      return `the ${query.kind}`;
    case 'local-file':
    case 'local-tree':
    case 'render':
      return query.path;
  }
}
