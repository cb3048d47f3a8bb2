import { isDeepStrictEqual } from 'node:util';
import type { CommandAnswer } from '../../agent/query.js';
import { JsonRefused, parseForeignJson } from '../../foreign-json.js';
import { type HttpResponse, curlFailure, parseResponse } from '../../resources/curl.js';
import type { JsonSchema } from '../../schema.js';
import { excerpt } from '../excerpt.js';
import { valueAt } from '../json-path.js';
import { patternSchema, toPattern } from '../pattern.js';

/** What an answer shall be like. */
export interface Expectation {
  readonly status?: number | readonly number[];
  readonly contains?: string | readonly string[];
  readonly regex?: string;
  readonly json?: Readonly<Record<string, unknown>>;
  /** true: there, false: not there, a text: equal to it */
  readonly response_headers?: Readonly<Record<string, string | number | boolean>>;
}

export const expectationProperties: Readonly<Record<string, JsonSchema>> = {
  status: {
    type: ['integer', 'array'],
    items: { type: 'integer' },
    minItems: 1,
    default: 200,
    description: 'The status, or a list of those that are good.',
  },
  contains: {
    type: ['string', 'array'],
    items: { type: 'string', minLength: 1 },
    minItems: 1,
    description: 'A text, or several, that the body contains.',
  },
  regex: { ...patternSchema, description: 'An expression that matches in the body.' },
  json: { type: 'object', description: 'Values in a JSON body by path: {"$.status": "ok"}.' },
  response_headers: {
    type: 'object',
    additionalProperties: { type: ['string', 'number', 'boolean'] },
    description: 'Headers of the answer: a value, true (there) or false (not there).',
  },
};

/** The answer, or in words why there is none. */
export function readResponse(answer: CommandAnswer): HttpResponse | string {
  if (answer.rc === 127) return 'cannot be asked: curl is not installed';
  return (
    (answer.rc === 0 ? parseResponse(answer.stdout) : undefined) ?? `got no answer: ${curlFailure(answer)}`
  );
}

/** Everything about an answer that is not as expected, in words that follow the name of the request. */
export function mismatches(response: HttpResponse, expected: Expectation): string[] {
  const statuses = [expected.status ?? 200].flat();
  if (!statuses.includes(response.status)) {
    const body = excerpt(response.body);
    return [
      `answered ${response.status}${body === '' ? '' : ` (${body})`}, expected ${statuses.join(' or ')}`,
    ];
  }
  const texts = [expected.contains ?? []].flat().filter((text) => !response.body.includes(text));
  const { regex } = expected;
  return [
    ...texts.map(
      (text) => `answered without ${JSON.stringify(text)}, but: ${excerpt(response.body) || '(nothing)'}`,
    ),
    ...(regex !== undefined && !toPattern(regex).test(response.body)
      ? [`answered nothing that matches /${regex}/, but: ${excerpt(response.body) || '(nothing)'}`]
      : []),
    ...(expected.json ? wrongJson(response.body, expected.json) : []),
    ...Object.entries(expected.response_headers ?? {}).flatMap(([name, value]) =>
      wrongHeader(response, name, value),
    ),
  ];
}

function wrongJson(body: string, wanted: Readonly<Record<string, unknown>>): string[] {
  let root: unknown;
  try {
    root = parseForeignJson(body);
  } catch (error) {
    if (error instanceof JsonRefused) return [`answered ${error.message}, which is not read`];
    return [`answered no JSON, but: ${excerpt(body) || '(nothing)'}`];
  }
  return Object.entries(wanted).flatMap(([path, value]) => {
    const seen = valueAt(root, path);
    if (isDeepStrictEqual(seen, value)) return [];
    return [
      `answered ${excerpt(JSON.stringify(seen) ?? 'nothing', 400)} at ${path}, expected ${JSON.stringify(value)}`,
    ];
  });
}

function wrongHeader({ headers }: HttpResponse, name: string, value: string | number | boolean): string[] {
  const seen = headers.get(name.toLowerCase());
  if (value === true) return seen === undefined ? [`answered without the header ${name}`] : [];
  if (value === false) return seen === undefined ? [] : [`answered with ${name}: ${seen}, expected none`];
  if (seen === String(value)) return [];
  return [
    `answered with ${seen === undefined ? `no ${name}` : `${name}: ${seen}`}, expected ${String(value)}`,
  ];
}
