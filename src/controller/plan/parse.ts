import { UsageError, messageOf } from '../../errors.js';
import { validate } from '../../schema.js';
import { PLAN_FORMAT, type Plan } from './plan.js';
import { planSchema } from './schema.js';

/**
 * A plan from the text of its file.
 * @throws UsageError when it is none, or was made by another version
 */
export function parsePlan(text: string, file: string, version: string): Plan {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new UsageError(`${file} is no plan: ${messageOf(error)}`, { hint: MAKE_ONE, cause: error });
  }
  const { format, version: madeBy } = (value ?? {}) as Partial<Plan>;
  if (typeof format !== 'string' || !format.startsWith('provision-plan/'))
    throw new UsageError(`${file} is no plan`, { hint: MAKE_ONE });
  if (format !== PLAN_FORMAT || madeBy !== version) {
    throw new UsageError(
      `${file} was made by provision ${String(madeBy)} (${format}); this is ${version} (${PLAN_FORMAT})`,
      { hint: 'another version may do other things: make the plan anew with this one' },
    );
  }
  const [problem] = validate(planSchema, value);
  if (problem) {
    const at = problem.path.length > 0 ? `${problem.path.join('.')}: ` : '';
    throw new UsageError(`${file} is no whole plan: ${at}${problem.message}`, { hint: MAKE_ONE });
  }
  return value as Plan;
}

const MAKE_ONE = 'provision plan -i INVENTORY -o FILE makes one';
