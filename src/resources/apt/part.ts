import type { Answers, Query } from '../../agent/query.js';
import type { ScriptStep } from '../../agent/step.js';
import type { Change } from '../resource.js';
import type { AptParams } from './params.js';

/** One thing that `apt` can do. Its changes are told from those of the others by their `field`. */
export interface AptPart {
  queries(params: AptParams, known: Answers): Query[];
  changes(params: AptParams, answers: Answers): Change[];
  steps(params: AptParams, changes: readonly Change[]): ScriptStep[];
}
