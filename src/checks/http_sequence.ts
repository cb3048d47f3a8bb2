import type { Answers, Query } from '../agent/query.js';
import { readForeignJson } from '../foreign-json.js';
import type { HttpResponse } from '../resources/curl.js';
import { type Verdict, check } from './check.js';
import { everyHost } from './every-host.js';
import { type Expectation, expectationProperties, mismatches, readResponse } from './http/expectation.js';
import {
  type RequestParams,
  exchangeProperties,
  methodOf,
  requestProperties,
  requestQuery,
} from './http/request.js';
import { valueAt } from './json-path.js';

interface SequenceRequest extends RequestParams, Expectation {
  readonly capture?: Readonly<Record<string, string>>;
  readonly cleanup?: boolean;
}

export interface SequenceParams extends Omit<RequestParams, 'url' | 'method' | 'headers' | 'host' | 'body'> {
  readonly requests: readonly SequenceRequest[];
}

export const httpSequence = check<SequenceParams>({
  name: 'http_sequence',
  summary: 'Several HTTP requests, one after the other, are answered as expected.',
  schema: {
    type: 'object',
    additionalProperties: false,
    required: ['requests'],
    properties: {
      requests: {
        type: 'array',
        minItems: 1,
        items: {
          type: 'object',
          additionalProperties: false,
          required: ['url'],
          properties: {
            ...requestProperties,
            ...expectationProperties,
            capture: {
              type: 'object',
              additionalProperties: { type: 'string', minLength: 1 },
              description:
                'Values of the JSON answer to keep: {id: "$.id"}. Later requests say {id} where they want it.',
            },
            cleanup: {
              type: 'boolean',
              default: false,
              description: 'Send it after a failure too, if what it needs was captured.',
            },
          },
        },
        description: 'The requests in order. One that is not answered as expected ends the sequence.',
      },
      ...exchangeProperties,
    },
  },

  // Each request may need what an earlier one brought: they are asked one after the other.
  queries(params, known) {
    const asked: Query[] = [];
    for (const sent of replay(params, known)) asked.push(sent.query);
    return asked;
  },

  verdict: (params, answers) => everyHost(answers, (known) => judge(params, known)),
});

function judge(params: SequenceParams, answers: Answers): Verdict {
  const sent = [...replay(params, answers)];
  const failed = sent.find(({ wrong }) => wrong !== undefined && wrong.length > 0);
  if (failed) {
    const place = `request ${failed.number} of ${params.requests.length}`;
    return { ok: false, message: `${place}: ${failed.subject} ${failed.wrong!.join('; ')}` };
  }
  const open = sent.find(({ wrong }) => wrong === undefined);
  if (open) return { ok: false, message: `request ${open.number}: ${open.subject} was not sent` };
  const steps = sent.map(({ subject, status }) => `${subject} ${status}`);
  return { ok: true, message: steps.join(', ') };
}

interface Sent {
  readonly number: number;
  readonly subject: string;
  readonly query: ReturnType<typeof requestQuery>;
  /** undefined: not answered yet */
  readonly wrong: readonly string[] | undefined;
  readonly status: number | undefined;
}

/** The requests up to the first that has no answer yet; after a failure only those that clean up. */
function* replay(params: SequenceParams, known: Answers | undefined): Generator<Sent> {
  const { requests, ...exchange } = params;
  const captured = new Map<string, string>();
  const names = new Set(requests.flatMap(({ capture }) => Object.keys(capture ?? {})));
  let failed = false;
  let open = false;
  for (const [index, template] of requests.entries()) {
    if (failed && template.cleanup !== true) continue;
    const filled = fill(template, { names, captured });
    if (filled === undefined) continue;
    const request = { ...exchange, ...filled };
    const number = index + 1;
    const subject = `${methodOf(request)} ${request.url}`;
    const query = requestQuery(request, number);
    const reads = ['GET', 'HEAD'].includes(methodOf(request)) && template.capture === undefined;
    if (open && !reads) return;
    if (!known?.has(query)) {
      yield { number, subject, query, wrong: undefined, status: undefined };
      // Reads that follow each other travel together: nothing depends on what they bring.
      if (!reads) return;
      open = true;
      continue;
    }
    const response = readResponse(known.get<'command'>(query));
    const wrong =
      typeof response === 'string'
        ? [response]
        : [...mismatches(response, request), ...keep(response, filled, captured)];
    if (wrong.length > 0) failed = true;
    yield {
      number,
      subject,
      query,
      wrong,
      status: typeof response === 'string' ? undefined : response.status,
    };
  }
}

/** Put what was captured in the place of `{name}` everywhere; undefined while something that it needs is missing. */
function fill<T>(
  template: T,
  given: { names: ReadonlySet<string>; captured: ReadonlyMap<string, string> },
): T | undefined {
  let missing = false;
  const text = JSON.stringify(template).replace(/\{(\w+)\}/g, (placeholder, name: string) => {
    if (!given.names.has(name)) return placeholder;
    const value = given.captured.get(name);
    if (value === undefined) missing = true;
    return JSON.stringify(value ?? '').slice(1, -1);
  });
  return missing ? undefined : (JSON.parse(text) as T);
}

function keep(response: HttpResponse, request: SequenceRequest, captured: Map<string, string>): string[] {
  if (!request.capture) return [];
  const root = readForeignJson(response.body);
  return Object.entries(request.capture).flatMap(([name, path]) => {
    const value = valueAt(root, path);
    if (value === undefined) return [`answered nothing at ${path}, which is needed as {${name}}`];
    captured.set(name, typeof value === 'string' ? value : JSON.stringify(value));
    return [];
  });
}
