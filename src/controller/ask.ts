import { Answers, queryKey, type Answer, type Query } from '../agent/query.js';
import { TaskError } from '../errors.js';
import type { Place, Unit, Work } from './unit.js';

/** How queries reach a place: one request. Undefined: it cannot be asked yet, which matters only when its turn has come. */
export type SendQueries = (place: Place, queries: readonly Query[]) => Promise<Answers | undefined>;

/**
 * Ask everything that the units want to know: one request for each place, all at once. A unit that wants more once it
 * knows that is asked for in another round.
 */
export async function askAll(units: readonly Unit[], send: SendQueries): Promise<void> {
  const works = units.flatMap((unit) => (unit.work && !unit.work.answers ? [unit.work] : []));
  let wanted = works.map((work) => ({ work, queries: work.queries }));
  while (wanted.length > 0) {
    const answers = await sendAll(wanted, send);
    for (const { work, queries } of wanted) {
      const known = answers(work.at);
      if (known) work.answers = merge(work, queries, known);
    }
    wanted = wanted
      .map(({ work }) => ({ work, queries: missing(work) }))
      .filter(({ queries }) => queries.length > 0);
  }
}

/** The queries of the units that go to one place, each once. */
export function queriesFor(units: readonly Unit[], place: Place): Query[] {
  const byKey = new Map<string, Query>();
  for (const { work } of units) {
    if (!work || !samePlace(work.at, place)) continue;
    for (const query of work.queries) byKey.set(queryKey(query), query);
  }
  return [...byKey.values()];
}

/** Give the units at a place the answers that came along with another request. */
export function takeAnswers(units: readonly Unit[], place: Place, answers: Answers): void {
  for (const { work } of units) {
    if (!work || !samePlace(work.at, place)) continue;
    const known = merge(work, work.queries, answers);
    // What wants a second round is asked anew when its turn comes.
    if (missing({ ...work, answers: known }).length === 0) work.answers = known;
  }
}

/** All that a unit has asked of its place so far. */
export function queriesOf(work: Work): Query[] {
  const asked = work.answers ? wantedBy(work, work.answers) : [];
  return asked.filter((query) => !work.local.has(queryKey(query)) && work.answers?.has(query) === true);
}

export function samePlace(a: Place, b: Place): boolean {
  return a.host === b.host && a.user === b.user;
}

async function sendAll(
  wanted: readonly { work: Work; queries: readonly Query[] }[],
  send: SendQueries,
): Promise<(place: Place) => Answers | undefined> {
  const places = new Map<string, { place: Place; queries: Map<string, Query> }>();
  for (const { work, queries } of wanted) {
    const key = placeKey(work.at);
    const at = places.get(key) ?? { place: work.at, queries: new Map<string, Query>() };
    for (const query of queries) at.queries.set(queryKey(query), query);
    places.set(key, at);
  }
  const answered = new Map(
    await Promise.all(
      [...places].map(async ([key, { place, queries }]): Promise<[string, Answers | undefined]> => [
        key,
        queries.size === 0 ? new Answers(new Map()) : await send(place, [...queries.values()]),
      ]),
    ),
  );
  return (place) => answered.get(placeKey(place));
}

function merge(work: Work, queries: readonly Query[], answers: Answers): Answers {
  const all = new Map<string, Answer>(work.local);
  for (const [key, answer] of work.answers?.entries() ?? []) all.set(key, answer);
  for (const query of queries) all.set(queryKey(query), answers.passed(query));
  return new Answers(all);
}

function missing(work: Work): Query[] {
  const { answers } = work;
  if (!answers) return [];
  return wantedBy(work, answers).filter((query) => !answers.has(query));
}

/** What a unit wants to know, given what it knows. What is wrong with that is its plan's to say, in its own turn: nobody else's task fails. */
function wantedBy({ resource, params }: Work, known: Answers): readonly Query[] {
  try {
    return resource.queries(params, known);
  } catch (error) {
    if (error instanceof TaskError) return [];
    throw error;
  }
}

function placeKey(place: Place): string {
  return `${place.host}\0${place.user ?? ''}`;
}
