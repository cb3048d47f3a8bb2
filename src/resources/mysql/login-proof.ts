import { TaskError } from '../../errors.js';
import type { Change } from '../resource.js';
import {
  authenticationClause,
  passwordChange,
  type Authentication,
  type StoredAuthentication,
} from './authentication.js';
import { type Flavor, type KeptPassword, eitherOf, keepFormer, keepsAsWanted } from './former-password.js';
import { matchPassword } from './match-password.js';

/** How an account shall prove itself. */
export interface LoginProof extends Authentication {
  /** another password that is taken beside the present one; empty: none */
  readonly former_password?: string;
}

/** What differs, and the statements that mend it. */
export interface ProofDifference {
  readonly changes: readonly Change[];
  readonly statements: readonly string[];
}

/** Statements that make an account. `require`: its clause about TLS, with a blank in front. */
export function createStatements(
  account: string,
  params: LoginProof,
  { flavor, require }: { readonly flavor: Flavor; readonly require: string },
): string[] {
  const both = bothPasswords(params);
  if (!both) return [`CREATE USER ${account}${authenticationClause(params, flavor)}${require}`];
  if (flavor === 'mariadb') return [`CREATE USER ${account}${eitherOf(both)}${require}`];
  const first = authenticationClause({ ...params, password: both.former }, flavor);
  return [
    `CREATE USER ${account}${first}${require}`,
    ...keepFormer(account, both, { flavor, current: 'former' }),
  ];
}

/** What differs in how an account that is there proves itself. */
export function proofDifference(
  account: string,
  params: LoginProof,
  given: {
    readonly flavor: Flavor;
    readonly current: StoredAuthentication;
    readonly kept: readonly KeptPassword[];
  },
): ProofDifference | undefined {
  const { flavor, current, kept } = given;
  const both = bothPasswords(params);
  const { former_password: former } = params;
  const differs = passwordChange(params, current);
  const keeps = former === undefined || params.update_password === 'on_create' || keepsAsWanted(former, kept);
  if (differs === undefined && keeps) return undefined;
  const changed = (field: string, before: string, after: string): Change => ({
    subject: account,
    field,
    before,
    after,
    secret: true,
  });
  const changes: Change[] = [];
  if (differs === 'plugin') {
    const after = params.plugin ?? 'the default one';
    changes.push({ subject: account, field: 'plugin', before: current.plugin, after });
  } else if (differs === 'password') changes.push(changed('password', 'another one', 'as given'));
  if (!keeps) {
    changes.push(
      changed(
        'former_password',
        kept.length === 0 ? 'none' : 'another one',
        former === '' ? 'none' : 'as given',
      ),
    );
  }
  if (both) {
    const inForce =
      matchPassword(current.plugin, current.stored, both.former) === 'same' ? 'former' : 'other';
    return { changes, statements: keepFormer(account, both, { flavor, current: inForce }) };
  }
  // MariaDB forgets a former password with the next change, even to the same one; MySQL keeps it until it is told otherwise.
  const statements = [
    ...(differs !== undefined || flavor === 'mariadb'
      ? [`ALTER USER ${account}${authenticationClause(params, flavor)}`]
      : []),
    ...(!keeps && flavor === 'mysql' ? [`ALTER USER ${account} DISCARD OLD PASSWORD`] : []),
  ];
  return { changes, statements };
}

/** @throws TaskError for a former password without a present one, or with a plugin whose hash cannot be computed here */
function bothPasswords({
  name,
  password,
  former_password: former,
  plugin,
}: LoginProof): { readonly password: string; readonly former: string } | undefined {
  if (former === undefined || former === '') return undefined;
  if (password !== undefined && plugin === undefined) return { password, former };
  throw new TaskError(
    `${name} cannot have a former password: it has no password of the server's default kind`,
    {
      hint: 'give password, and leave plugin out',
    },
  );
}
