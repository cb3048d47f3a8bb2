import type { Answers, Query } from '../agent/query.js';
import { StoppedError } from '../agent/stopped-error.js';
import type { Check } from '../checks/check.js';
import { UnreachableError, hostError, type TaskError } from '../errors.js';
import type { Emit } from '../events.js';
import {
  CONNECTION_SECRETS,
  connectionOf,
  type ConnectionDefaults,
  type HostConnection,
} from '../inventory/connection.js';
import type { Inventory } from '../inventory/model.js';
import { hostVariables } from '../inventory/variables.js';
import type { Playbook } from '../playbook/model.js';
import type { Resource } from '../resources/resource.js';
import type { Sourced } from '../template/template.js';
import { variablesNameFacts } from '../variables/names-facts.js';
import type { Trust } from '../trust/trust.js';
import type { Secrets } from '../variables/secrets.js';
import type { Progress, Tally } from './context.js';
import { FactsPending } from './facts.js';
import { createFileSums, type FileSums } from './file-sums.js';
import type { Foresight } from './foresee.js';
import { HostValues } from './host-values.js';
import { createScopes, type Scopes } from './scopes.js';
import { Session } from './session.js';
import { createSlots, type Slots } from './slots.js';
import type { Place, UnitChange } from './unit.js';

export interface RunOptions {
  /** messages name files relative to it */
  readonly cwd: string;
  readonly playbook: Playbook;
  readonly inventory: Inventory;
  /** the hosts that --limit leaves, undefined: all */
  readonly limit: readonly string[] | undefined;
  readonly extraVars: ReadonlyMap<string, Sourced>;
  readonly connection: ConnectionDefaults;
  /** --become, --become-user, -K: weaker than what play, task and inventory say */
  readonly become: { readonly user: string | undefined; readonly password: string | undefined };
  readonly check: boolean;
  /** `after`: converge, then verify. `only`: verify. `none`: converge. */
  readonly verify: 'after' | 'only' | 'none';
  /** hosts worked on at the same time */
  readonly forks: number;
  readonly resources: ReadonlyMap<string, Resource>;
  readonly checks: ReadonlyMap<string, Check>;
  readonly functions: Readonly<Record<string, (...args: never[]) => unknown>>;
  readonly secrets: Secrets;
  /** asked about each file of this machine before it is used; left out: everything is believed */
  readonly trust?: Trust | undefined;
  readonly emit: Emit;
  /** told of each unit that differs before anything is done about it; what it returns refuses that */
  readonly onChange?: ((change: UnitChange) => TaskError | undefined) | undefined;
  /** in a dry run: told what a place has answered to a unit */
  readonly onAnswered?: ((place: Place, queries: readonly Query[], answers: Answers) => void) | undefined;
  /** sessions of another run on the same hosts, to be used and left open */
  readonly sessionOf?: ((host: string) => Session) | undefined;
  readonly interrupted: AbortSignal;
  /** aborted: what runs on the hosts is stopped at once */
  readonly killed?: AbortSignal | undefined;
  /** milliseconds of a clock that only goes forward */
  readonly now: () => number;
  readonly sleep: (seconds: number) => Promise<void>;
  readonly prompt?: ((question: string) => Promise<string>) | undefined;
  /** shown to whoever finds a host locked */
  readonly lockHolder: string;
}

/** The state of one host over the whole run. */
export interface HostState {
  readonly session: Session;
  readonly values: HostValues;
  /** what is known of its plays to come; undefined: nobody has looked ahead yet */
  foresight: Promise<Foresight> | undefined;
  readonly tally: Tally;
  /** handlers of an earlier run that a dry run has dealt with */
  readonly dealtWith: Set<string>;
  /** handlers of which a task that notifies them has had its turn in this run */
  readonly reached: Set<string>;
  readonly progress: Progress;
  /** why it takes no further part */
  out: 'failed' | 'unreachable' | 'stopped' | undefined;
  /** ms that it was worked on */
  busy: number;
}

/** What the parts of a run share. */
export interface Run {
  readonly options: RunOptions;
  readonly scopes: Scopes;
  readonly stateOf: (host: string) => HostState;
  /** How a host is logged in to. Its passwords are secrets from then on. */
  readonly connectionOf: (host: string) => HostConnection;
  /** Something is about to be changed, or waited for, on some host: what hosts have said before may not hold any more. */
  readonly forget: () => void;
  /** nothing was changed or waited for so far */
  readonly still: () => boolean;
  /** Ask for a host's facts before something waits for them, if something may read them. */
  readonly gatherFacts: (host: string) => void;
  /** make something, once as long as nothing is changed */
  readonly once: <T>(key: unknown, make: () => T) => T;
  /** of large files on the controller */
  readonly sums: FileSums;
  readonly limit: Slots['run'];
  readonly aside: Slots['aside'];
  /** Close the connections to all hosts, also to those that were only asked for others. */
  readonly close: () => Promise<void>;
}

/** The state of a run before anything was done. */
export function prepareRun(options: RunOptions): Run {
  const states = new Map<string, HostState>();
  const fixed = new Set(options.extraVars.keys());
  const slots = createSlots(options.forks);
  const facts = mayReadFacts(options);
  noteConnectionSecrets(options);
  const scopes = createScopes({
    inventory: options.inventory,
    extraVars: options.extraVars,
    playbookPath: options.playbook.path,
    check: options.check,
    functions: options.functions,
    factsOf(host) {
      const { session } = stateOf(host);
      if (session.facts) return session.facts;
      throw new FactsPending(host, () => session.gatherFacts(becomeUserOf(host)));
    },
    valuesOf: (host) => stateOf(host).values,
  });
  const close = async (): Promise<void> => {
    if (options.sessionOf) return;
    await Promise.all([...states.values()].map(({ session }) => session.close()));
  };
  const gathered = new Set<string>();
  const gatherFacts = (host: string): void => {
    if (!facts || gathered.has(host)) return;
    gathered.add(host);
    // What goes wrong is told to whoever asks next.
    stateOf(host)
      .session.gatherFacts(becomeUserOf(host))
      .catch(() => undefined);
  };
  const made = new Map<unknown, unknown>();
  const once = <T>(key: unknown, make: () => T): T => {
    if (still && !made.has(key)) made.set(key, make());
    return still ? (made.get(key) as T) : make();
  };
  let still = true;
  const forget = (): void => {
    still = false;
    made.clear();
    for (const state of states.values()) {
      state.session.forget();
      state.foresight = undefined;
    }
  };
  return {
    options,
    scopes,
    stateOf,
    connectionOf: connectionSettings,
    forget,
    still: () => still,
    once,
    sums: createFileSums(),
    gatherFacts,
    limit: slots.run,
    aside: slots.aside,
    close,
  };

  function stateOf(host: string): HostState {
    let state = states.get(host);
    if (!state) {
      state = {
        session: options.sessionOf?.(host) ?? createSession(host),
        foresight: undefined,
        values: new HostValues(fixed),
        tally: { ok: 0, changed: 0, mayChange: 0, failed: 0, skipped: 0, checksPassed: 0, checksFailed: 0 },
        dealtWith: new Set(),
        reached: new Set(),
        progress: { done: 0, next: undefined },
        out: undefined,
        busy: 0,
      };
      if (!still) state.session.forget();
      states.set(host, state);
    }
    return state;
  }

  function createSession(host: string): Session {
    return new Session(host, {
      connection: () => connectionSettings(host),
      lockHolder: options.check || options.verify === 'only' ? undefined : options.lockHolder,
      prompt: options.prompt,
      trust: options.trust,
      signal: options.interrupted,
      onConnected: (ms) => options.emit({ type: 'host-connected', host, ms: Math.round(ms) }),
      onRequest: ({ user, ...about }) =>
        options.emit({ type: 'request', host, ...(user === undefined ? {} : { user }), ...about }),
      now: options.now,
      sleep: options.sleep,
      facts,
    });
  }

  function connectionSettings(host: string): HostConnection {
    const settings = connectionOf(scopes.ofHost(host), host, options.connection);
    const { target, becomePassword = options.become.password } = settings;
    const password = target.kind === 'ssh' ? target.password : undefined;
    for (const one of [password, becomePassword]) if (one !== undefined) options.secrets.add(one);
    return { ...settings, becomePassword };
  }

  function becomeUserOf(host: string): string | undefined {
    const settings = connectionSettings(host);
    return settings.become === true ? (settings.becomeUser ?? 'root') : options.become.user;
  }
}

/** Passwords that stand in the inventory as they are, of all hosts: one host can show another's with hostvars. */
function noteConnectionSecrets({ inventory, secrets }: Pick<RunOptions, 'inventory' | 'secrets'>): void {
  for (const host of inventory.hosts.keys()) {
    for (const name of CONNECTION_SECRETS) {
      const value = hostVariables(inventory, host).get(name)?.value;
      if (typeof value === 'string' || typeof value === 'number') secrets.add(String(value));
    }
  }
}

/** Note why a host is out of the run. Whatever was thrown while it was worked on: the others go on. */
export function leave(host: string, thrown: unknown, run: Run): void {
  const state = run.stateOf(host);
  // The user wants an end: that is no fault of the host.
  if (thrown instanceof StoppedError) return;
  const error = hostError(thrown, host);
  if (error instanceof UnreachableError) {
    state.out = 'unreachable';
    run.options.emit({ type: 'host-unreachable', host, error });
    return;
  }
  state.out = 'failed';
  state.tally.failed += 1;
  run.options.emit({ type: 'task-failed', host, task: { name: 'host', module: '' }, error, fate: 'failed' });
}

/** Whether facts are worth asking for before something reads them. */
function mayReadFacts({ playbook, inventory, extraVars }: RunOptions): boolean {
  const owners = [...inventory.groups.values(), ...inventory.hosts.values()];
  return playbook.namesFacts || [extraVars, ...owners.map(({ vars }) => vars)].some(variablesNameFacts);
}
