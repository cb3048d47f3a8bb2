import type { Answers } from '../agent/query.js';
import { check } from './check.js';
import { everyHost, verdictOf } from './every-host.js';
import { type Expectation, expectationProperties, mismatches, readResponse } from './http/expectation.js';
import {
  type RequestParams,
  exchangeProperties,
  methodOf,
  requestProperties,
  requestQuery,
} from './http/request.js';
import { toPattern } from './pattern.js';

type HttpParams = RequestParams & Expectation;

export const http = check<HttpParams>({
  name: 'http',
  summary: 'An HTTP request from the host is answered as expected.',
  freeForm: 'url',
  schema: {
    type: 'object',
    additionalProperties: false,
    required: ['url'],
    properties: { ...requestProperties, ...exchangeProperties, ...expectationProperties },
  },

  queries(params) {
    if (params.regex !== undefined) toPattern(params.regex);
    return [requestQuery(params)];
  },

  verdict: (params, answers) => everyHost(answers, (known) => judge(params, known)),
});

function judge(params: HttpParams, answers: Answers): { ok: boolean; message: string } {
  const subject = `${methodOf(params)} ${params.url}${params.host === undefined ? '' : ` (Host: ${params.host})`}`;
  const response = readResponse(answers.get<'command'>(requestQuery(params)));
  if (typeof response === 'string') return { ok: false, message: `${subject} ${response}` };
  const wrong = mismatches(response, params).map((one) => `${subject} ${one}`);
  return verdictOf(
    wrong,
    `${subject} answered ${response.status} in ${Math.round(response.elapsed * 1000)} ms`,
  );
}
