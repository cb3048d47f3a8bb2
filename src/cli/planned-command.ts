import { digestOf } from '../controller/plan/digest.js';
import type { PlannedCommand } from '../controller/plan/plan.js';
import { UsageError } from '../errors.js';
import type { Secrets } from '../variables/secrets.js';
import type { HostOptions, TaskOptions } from './options.js';

/** What of a command line a plan keeps. Of -e that hold a secret it keeps the digest: `apply` has to be given them again. */
export function plannedCommand(
  playbook: string | undefined,
  options: HostOptions & TaskOptions,
  secrets: Secrets,
): (salt: string) => PlannedCommand {
  return (salt) => ({
    playbook: playbook ?? null,
    limit: options.limit ?? null,
    tags: options.tags,
    skipTags: options.skipTags,
    extraVars: options.extraVars.map((text) =>
      secrets.redact(text) === text ? { text } : { digest: digestOf(text, salt) },
    ),
    become: options.become === true,
    becomeUser: options.becomeUser ?? null,
    user: options.user ?? null,
  });
}

/**
 * The -e of a plan, with those that it keeps the digests of taken from what was given again.
 * @throws UsageError when one of them is missing, or one was given that the plan does not have
 */
export function extraVarsOf(
  command: PlannedCommand,
  given: readonly string[],
  salt: string,
): readonly string[] {
  const unused = new Set(given);
  const texts = command.extraVars.map((one) => {
    const text = 'text' in one ? one.text : given.find((text) => digestOf(text, salt) === one.digest);
    if (text === undefined) {
      throw new UsageError('the plan was made with an -e that holds a secret, which no plan keeps', {
        hint: 'give apply the same -e again',
      });
    }
    unused.delete(text);
    return text;
  });
  if (unused.size === 0) return texts;
  throw new UsageError('apply was given an -e that the plan was not made with', {
    hint: 'make a new plan with it',
  });
}
