import type { Answers, Query } from '../../agent/query.js';
import type { ScriptStep } from '../../agent/step.js';
import type { Change } from '../resource.js';
import type { AptParams } from './params.js';

/** One thing that `apt` can do: a transaction, whose simulation says what changes, and which is then done as it was simulated. */
export interface AptPart {
  queries(params: AptParams, known: Answers): Query[];
  /** whether fresh lists may decide what it does: something is to be installed or upgraded */
  installs(params: AptParams, answers: Answers): boolean;
  /** @throws TaskError where apt would refuse */
  changes(params: AptParams, answers: Answers): Change[];
  steps(params: AptParams, answers: Answers): ScriptStep[];
}
