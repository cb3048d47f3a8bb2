import type { ChangeView, TaskLabel } from '../../events.js';

/** What `provision plan -o` saves and `provision apply` reads. No value in it is secret. docs/reference/plan.schema.json */
export interface Plan {
  readonly format: typeof PLAN_FORMAT;
  /** of provision itself */
  readonly version: string;
  /** ISO 8601, UTC */
  readonly created: string;
  readonly command: PlannedCommand;
  readonly inventory: { readonly sources: readonly string[]; readonly digest: string };
  /** keys all digests: those of two plans cannot be compared */
  readonly salt: string;
  readonly hosts: Readonly<Record<string, HostPlan>>;
}

export const PLAN_FORMAT = 'provision-plan/2';

/** The command line that the plan was made with, as far as it decides what is planned. Paths are as they were given. */
export interface PlannedCommand {
  readonly playbook: string | null;
  readonly limit: string | null;
  readonly tags: readonly string[];
  readonly skipTags: readonly string[];
  /** the texts of -e; of one that holds a secret only the digest */
  readonly extraVars: readonly ({ readonly text: string } | { readonly digest: string })[];
  readonly become: boolean;
  readonly becomeUser: string | null;
  readonly user: string | null;
}

export interface HostPlan {
  /** `failed`, `unreachable`: the dry run did not come to its end there; nothing of it can be applied */
  readonly state: 'planned' | 'failed' | 'unreachable';
  /** in the order in which they would be made */
  readonly changes: readonly PlannedTask[];
}

/** A task, or one item of its loop, that would change something. */
export interface PlannedTask {
  readonly task: TaskLabel;
  /** file:line:col */
  readonly position: string;
  /** where it is done, when that is another host */
  readonly on?: string;
  /** the user that it is done as, when that is not who logs in */
  readonly as?: string;
  readonly handler?: true;
  /** it may change something: what it depends on is not there before an earlier change */
  readonly unsure?: string;
  readonly changes: readonly ChangeView[];
  readonly steps: readonly StepView[];
  /** the answers that it rests on */
  readonly rests: readonly { readonly about: string; readonly digest: string }[];
  /** of changes, steps and answers as a whole */
  readonly digest: string;
}

/** A step as a plan shows it: what a secret may be in is there as a digest only. */
export type StepView =
  | {
      readonly kind: 'write';
      readonly path: string;
      /** bytes */
      readonly size: number;
      readonly digest: string;
      readonly mode?: string;
      readonly owner?: string;
      readonly group?: string;
    }
  | { readonly kind: 'link'; readonly path: string; readonly target: string }
  /** attributes, folders, copies, removals: in words */
  | { readonly kind: 'file'; readonly does: string; readonly digest: string }
  | { readonly kind: 'run'; readonly argv: readonly string[]; readonly digest: string }
  | { readonly kind: 'script'; readonly args: readonly string[]; readonly digest: string };
