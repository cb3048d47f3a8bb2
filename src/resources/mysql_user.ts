import type { Answers, SqlQuery } from '../agent/query.js';
import { TaskError } from '../errors.js';
import { accountStep, rowsOf } from './mysql/client.js';
import { type Flavor, type KeptPassword, keptPasswords, keptQueries } from './mysql/former-password.js';
import { createStatements, proofDifference } from './mysql/login-proof.js';
import { type PrivilegeDifference, comparePrivileges } from './mysql/compare-privileges.js';
import { type Privileges, parseGrants, parsePrivileges } from './mysql/privileges.js';
import { quoteAccount, quoteText } from './mysql/quote.js';
import { type TlsRequirement, formatRequirement, readRequirement } from './mysql/tls-requirement.js';
import { type Change, resource } from './resource.js';

export interface AccountParams {
  readonly name: string;
  readonly host?: string | readonly string[];
  readonly password?: string;
  readonly former_password?: string;
  readonly update_password?: 'always' | 'on_create';
  readonly plugin?: string;
  readonly plugin_auth_string?: string;
  readonly priv?: string | Readonly<Record<string, string | readonly string[]>>;
  readonly append_privs?: boolean;
  readonly tls_requires?: TlsRequirement;
  readonly state?: 'present' | 'absent';
}

export const mysqlUser = resource<AccountParams>({
  name: 'mysql_user',
  summary:
    'Manage MariaDB and MySQL accounts and what they may do. Privileges by a role, or by PUBLIC, are left as they are.',
  schema: {
    type: 'object',
    additionalProperties: false,
    required: ['name'],
    properties: {
      name: {
        type: 'string',
        maxLength: 80,
        description: "The account's name; empty for the anonymous one.",
      },
      host: {
        type: ['string', 'array'],
        items: { type: 'string', minLength: 1 },
        minItems: 1,
        minLength: 1,
        default: 'localhost',
        description: 'From where it may log in: a host, address or pattern, or a list of them.',
      },
      password: { type: 'string', writeOnly: true, description: 'Its password.' },
      former_password: {
        type: 'string',
        writeOnly: true,
        description:
          'Another password that it may log in with while its clients learn the new one; empty: none any more. Left out: not managed.',
      },
      update_password: {
        type: 'string',
        enum: ['always', 'on_create'],
        default: 'always',
        description: 'Whether the password of an account that exists is managed.',
      },
      plugin: {
        type: 'string',
        pattern: '^\\w+$',
        description: 'The authentication plugin, for example unix_socket.',
      },
      plugin_auth_string: {
        type: 'string',
        writeOnly: true,
        description: "The plugin's stored string (a hash), instead of password.",
      },
      priv: {
        type: ['string', 'object'],
        additionalProperties: { type: ['string', 'array'], items: { type: 'string' } },
        description: 'Privileges: db.*:SELECT,INSERT/other.*:ALL, or an object with a key for each target.',
      },
      append_privs: {
        type: 'boolean',
        default: false,
        description: 'Keep privileges that priv does not name, instead of revoking them.',
      },
      tls_requires: {
        type: ['string', 'object'],
        description: 'NONE, SSL, X509, or an object with SUBJECT, ISSUER and CIPHER.',
        pattern: '^([Nn][Oo][Nn][Ee]|[Ss][Ss][Ll]|[Xx]509)$',
        properties: {
          SSL: { type: ['boolean', 'null'] },
          X509: { type: ['boolean', 'null'] },
          SUBJECT: { type: 'string' },
          ISSUER: { type: 'string' },
          CIPHER: { type: 'string' },
        },
        additionalProperties: false,
      },
      state: {
        type: 'string',
        enum: ['present', 'absent'],
        default: 'present',
        description: 'Whether it shall be there.',
      },
    },
  },

  queries(params) {
    const grants = params.state === 'absent' || params.priv === undefined ? [] : hostsOf(params);
    const kept =
      params.state === 'absent' || params.former_password === undefined ? [] : keptQueries(params.name);
    return [VERSION, accountsQuery(params), ...kept, ...grants.map((host) => grantsQuery(params.name, host))];
  },

  plan: (params, answers) => differencesOf(params, answers).flatMap(({ changes }) => changes),

  apply(params, _changes, answers) {
    const statements = differencesOf(params, answers).flatMap((difference) => difference.statements);
    return [accountStep(statements)];
  },

  result: (params) => ({ user: params.name, hosts: hostsOf(params) }),
});

interface Difference {
  readonly changes: readonly Change[];
  readonly statements: readonly string[];
}

const VERSION: SqlQuery = { kind: 'sql', sql: 'SELECT VERSION()' };

function differencesOf(params: AccountParams, answers: Answers): Difference[] {
  const [version] = rowsOf(answers, VERSION);
  const flavor: Flavor = /mariadb/i.test(version?.[0] ?? '') ? 'mariadb' : 'mysql';
  const accounts = new Map(
    rowsOf(answers, accountsQuery(params)).map(([host, plugin, stored, ...tls]) => [
      (host ?? '').toLowerCase(),
      { plugin: plugin ?? '', stored: Buffer.from(stored ?? '', 'hex'), tls: readRequirement(tls) },
    ]),
  );
  const kept =
    params.state === 'absent' || params.former_password === undefined
      ? new Map<string, KeptPassword[]>()
      : keptPasswords(answers, params.name, flavor);
  const wanted = params.priv === undefined ? undefined : readPriv(params.priv);
  return hostsOf(params).flatMap((host) => {
    const account = quoteAccount(params.name, host);
    const current = accounts.get(host.toLowerCase());
    const change = (field: string, before: unknown, after: unknown): Change => ({
      subject: account,
      field,
      before,
      after,
    });

    if (params.state === 'absent') {
      if (!current) return [];
      return [{ changes: [change('state', 'present', null)], statements: [`DROP USER ${account}`] }];
    }

    const differences: Difference[] = [];
    if (!current) {
      const require =
        params.tls_requires === undefined ? '' : ` REQUIRE ${formatRequirement(params.tls_requires)}`;
      differences.push({
        changes: [change('state', null, 'present')],
        statements: createStatements(account, params, { flavor, require }),
      });
    } else {
      const proof = proofDifference(account, params, {
        flavor,
        current,
        kept: kept.get(host.toLowerCase()) ?? [],
      });
      if (proof) differences.push(proof);
      const tls = params.tls_requires === undefined ? current.tls : formatRequirement(params.tls_requires);
      if (tls !== current.tls) {
        differences.push({
          changes: [change('tls_requires', current.tls, tls)],
          statements: [`ALTER USER ${account} REQUIRE ${tls}`],
        });
      }
    }
    if (wanted) {
      const granted = current ? grantsOf(answers, params.name, host) : new Map<string, ReadonlySet<string>>();
      const append = params.append_privs === true;
      for (const one of comparePrivileges(wanted, granted, { account, append })) {
        differences.push({ changes: [privilegeChange(account, one)], statements: one.statements });
      }
    }
    return differences;
  });
}

function privilegeChange(subject: string, { target, before, after }: PrivilegeDifference): Change {
  return { subject, field: `privileges on ${target.replaceAll('`', '')}`, before, after };
}

function readPriv(priv: NonNullable<AccountParams['priv']>): Privileges {
  try {
    return parsePrivileges(priv);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new TaskError(`priv cannot be read: ${error.message}`, {
      hint: 'write db.*:SELECT,INSERT/other.*:ALL, or an object with a key for each target',
      cause: error,
    });
  }
}

function grantsOf(answers: Answers, name: string, host: string): Privileges {
  return parseGrants(rowsOf(answers, grantsQuery(name, host)).map(([line]) => line ?? ''));
}

/** HEX, because MySQL's salts are arbitrary bytes; CONVERT, because it keeps the certificate columns as blobs. */
function accountsQuery({ name }: AccountParams): SqlQuery {
  const texts = ['ssl_cipher', 'x509_issuer', 'x509_subject'].map(
    (column) => `CONVERT(${column} USING utf8mb4)`,
  );
  return {
    kind: 'sql',
    sql:
      `SELECT host, plugin, HEX(authentication_string), ssl_type, ${texts.join(', ')}` +
      ` FROM mysql.user WHERE user = ${quoteText(name)}`,
  };
}

function grantsQuery(name: string, host: string): SqlQuery {
  return { kind: 'sql', sql: `SHOW GRANTS FOR ${quoteAccount(name, host)}` };
}

function hostsOf({ host }: AccountParams): readonly string[] {
  return [...new Set([host ?? 'localhost'].flat())];
}
