import { request } from 'node:http';

/** What a stream of requests came to. */
export interface Tally {
  readonly sent: number;
  /** what went wrong, one line each */
  readonly failures: readonly string[];
  /** by the version that answered: how often, and when it did last (ms since the start) */
  readonly versions: ReadonlyMap<string, { readonly count: number; readonly last: number }>;
  /** ms of the slowest answer */
  readonly slowest: number;
}

/** At most this many seconds, unless another number is given: whatever becomes of the test that should stop it. */
const LONGEST = 300;

/** Ask an address that tells its version, so many times a second, each time over a new connection, until it is stopped. */
export function sendRequests(url: string, perSecond: number, longest = LONGEST): { stop(): Promise<Tally> } {
  const began = Date.now();
  const failures: string[] = [];
  const versions = new Map<string, { count: number; last: number }>();
  const open = new Set<Promise<void>>();
  let sent = 0;
  let slowest = 0;
  const timer = setInterval(() => {
    const due = Math.floor(((Date.now() - began) * perSecond) / 1000);
    for (; sent < Math.min(due, longest * perSecond); sent += 1) {
      const one = ask(url).then(({ version, failure, ms }) => {
        open.delete(one);
        slowest = Math.max(slowest, ms);
        if (failure !== undefined) failures.push(`after ${Date.now() - began} ms: ${failure}`);
        if (version === undefined) return;
        const { count } = versions.get(version) ?? { count: 0 };
        versions.set(version, { count: count + 1, last: Date.now() - began });
      });
      open.add(one);
    }
  }, 10);
  return {
    async stop() {
      clearInterval(timer);
      await Promise.all(open);
      return { sent, failures, versions, slowest };
    },
  };
}

interface Answer {
  readonly version?: string;
  readonly failure?: string;
  readonly ms: number;
}

function ask(url: string): Promise<Answer> {
  const began = Date.now();
  return new Promise((resolve) => {
    const end = (answer: Omit<Answer, 'ms'>): void => resolve({ ...answer, ms: Date.now() - began });
    const sending = request(url, { agent: false, timeout: 10_000 }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => (text += chunk));
      response.on('error', (error) => end({ failure: error.message }));
      response.on('end', () => {
        const version = response.statusCode === 200 ? versionIn(text) : undefined;
        end(
          version === undefined ? { failure: `${response.statusCode}: ${text.slice(0, 100)}` } : { version },
        );
      });
    });
    sending.on('timeout', () => sending.destroy(new Error('no answer in 10 s')));
    sending.on('error', (error) => end({ failure: error.message }));
    sending.end();
  });
}

function versionIn(text: string): string | undefined {
  try {
    return String((JSON.parse(text) as { version: unknown }).version);
  } catch {
    return undefined;
  }
}
