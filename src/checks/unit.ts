import type { Answers, ScriptQuery, UnitQuery } from '../agent/query.js';
import { unitName } from '../resources/systemd/unit-name.js';
import { check } from './check.js';
import { everyHost, verdictOf } from './every-host.js';
import { excerpt } from './excerpt.js';

export interface UnitParams {
  readonly name: string;
  readonly state?: 'active' | 'inactive' | 'failed';
  readonly enabled?: boolean;
  readonly restarts?: number;
}

export const unit = check<UnitParams>({
  name: 'unit',
  summary: 'A systemd unit is in a state.',
  freeForm: 'name',
  schema: {
    type: 'object',
    additionalProperties: false,
    required: ['name'],
    properties: {
      name: { type: 'string', minLength: 1, description: 'The unit; .service may be left out.' },
      state: {
        type: 'string',
        enum: ['active', 'inactive', 'failed'],
        default: 'active',
        description: 'The state it shall be in.',
      },
      enabled: { type: 'boolean', description: 'Whether it shall start at boot.' },
      restarts: {
        type: 'integer',
        minimum: 0,
        description: 'How often systemd may have restarted it at most.',
      },
    },
  },

  queries(params, known) {
    const query = unitQuery(params);
    if (!known?.has(query) || known.get<'unit'>(query).active === wantedState(params)) return [query];
    return [query, evidenceQuery(params)];
  },

  verdict: (params, answers) => everyHost(answers, (known) => judge(params, known)),
});

function judge(params: UnitParams, answers: Answers): { ok: boolean; message: string } {
  const { name } = unitQuery(params);
  const seen = answers.get<'unit'>(unitQuery(params));
  const state = wantedState(params);
  if (seen.load !== 'loaded' && state !== 'inactive') {
    return { ok: false, message: `${name} is ${seen.load}, expected ${state}` };
  }
  const wrong: string[] = [];
  if (seen.active !== state) {
    const { why, lines } = evidence(params, answers);
    wrong.push(`${name} is ${seen.active}${why}, expected ${state}${lines}`);
  }
  if (params.enabled !== undefined && startsAtBoot(seen.enabled) !== params.enabled) {
    wrong.push(
      `${name} is ${seen.enabled || 'not enabled'}, expected ${params.enabled ? 'enabled' : 'disabled'}`,
    );
  }
  if (params.restarts !== undefined && seen.restarts > params.restarts) {
    wrong.push(`systemd has restarted ${name} ${seen.restarts} times, expected at most ${params.restarts}`);
  }
  const enabled = params.enabled === undefined ? '' : ` and ${seen.enabled || 'not enabled'}`;
  return verdictOf(wrong, `${name} is ${seen.active} (${seen.sub})${enabled}`);
}

/** Why it is so: what systemd says of its end, and its last lines in the journal. */
function evidence(params: UnitParams, answers: Answers): { why: string; lines: string } {
  const seen = answers.get<'unit'>(unitQuery(params));
  const sub = seen.sub === seen.active || seen.sub === '' ? '' : ` (${seen.sub})`;
  const query = evidenceQuery(params);
  if (!answers.has(query)) return { why: sub, lines: '' };
  const [result = '', ...journal] = answers.get<'script'>(query).stdout.trim().split('\n');
  const lines = excerpt(journal.join(' | '), 300);
  return {
    why: result === '' || result === 'success' ? sub : ` (${result})`,
    lines: lines === '' ? '' : `; its last lines: ${lines}`,
  };
}

function wantedState({ state }: UnitParams): string {
  return state ?? 'active';
}

function unitQuery({ name }: UnitParams): UnitQuery {
  return { kind: 'unit', name: unitName(name) };
}

function evidenceQuery(params: UnitParams): ScriptQuery {
  return {
    kind: 'script',
    code: 'systemctl show -p Result --value -- "$1"; journalctl -q -n 3 -o cat --no-pager -u "$1" 2>/dev/null; true',
    args: [unitQuery(params).name],
  };
}

/** `enabled-runtime` is gone after the next boot, `static` waits for another unit. */
function startsAtBoot(enabled: string): boolean {
  return ['enabled', 'alias', 'generated'].includes(enabled);
}
