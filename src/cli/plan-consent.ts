import { HostValues } from '../controller/host-values.js';
import { createScopes } from '../controller/scopes.js';
import { UsageError, messageOf } from '../errors.js';
import { connectionOf } from '../inventory/connection.js';
import type { Sourced } from '../template/template.js';
import { PendingValue } from '../template/scope.js';
import type { Setup } from './setup.js';

type Vars = ReadonlyMap<string, Sourced>;

/**
 * Refuse variables that only a plan gives (-e) and that decide where its hosts are or how they are logged in to: who changes a plan
 * on its way could have everything sent to a host of their own.
 * @param own what the command line itself gives
 * @throws UsageError
 */
export function checkConnections(setup: Setup, playbookPath: string, own: Vars): void {
  const { inventory, base } = setup;
  const [all, alone] = [base.extraVars, own].map((vars) => connections(setup, playbookPath, vars)) as [
    Connections,
    Connections,
  ];
  const led = [...new Set([...inventory.hosts.keys(), 'localhost'])].filter(
    (host) => all(host) !== alone(host),
  );
  const [first] = led;
  if (first === undefined) return;
  throw new UsageError(
    `an -e of the plan decides where ${first}${led.length > 1 ? ` and ${led.length - 1} more are` : ' is'}, or how to log in`,
    {
      hint: 'give apply the same -e again, or sign the plan: provision plan --sign KEY, apply --verify-with',
    },
  );
}

type Connections = (host: string) => string;

function connections({ inventory, base }: Setup, playbookPath: string, extraVars: Vars): Connections {
  const values = new HostValues(new Set(extraVars.keys()));
  const scopes = createScopes({
    inventory,
    extraVars,
    playbookPath,
    check: true,
    functions: base.functions,
    factsOf: (host) => {
      throw new PendingValue(`a fact of ${host}`);
    },
    valuesOf: () => values,
  });
  return (host) => {
    try {
      return JSON.stringify(connectionOf(scopes.ofHost(host), host, base.connection));
    } catch (error) {
      return `not known: ${messageOf(error)}`;
    }
  };
}
