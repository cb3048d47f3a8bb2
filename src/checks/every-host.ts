import type { Answers } from '../agent/query.js';
import type { Verdict } from './check.js';

/** A verdict on each host by itself: all must hold. Where there are several, the message says which host it is about. */
export function everyHost(
  answers: ReadonlyMap<string, Answers>,
  judge: (answers: Answers) => Verdict,
): Verdict {
  const verdicts = [...answers].map(([host, known]) => ({ host, ...judge(known) }));
  if (verdicts.length === 1) return { ok: verdicts[0]!.ok, message: verdicts[0]!.message };
  const failed = verdicts.filter(({ ok }) => !ok);
  const shown = failed.length > 0 ? failed : verdicts;
  return {
    ok: verdicts.length > 0 && failed.length === 0,
    message: shown.map(({ host, message }) => `${host}: ${message}`).join('; ') || 'no host was asked',
  };
}

/** A verdict from everything that is wrong; `right` is what to say when nothing is. */
export function verdictOf(wrong: readonly string[], right: string): Verdict {
  return wrong.length === 0 ? { ok: true, message: right } : { ok: false, message: wrong.join('; ') };
}
