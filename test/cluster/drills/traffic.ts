import {
  Agent as PlainAgent,
  request as plainRequest,
  type IncomingMessage,
  type RequestOptions,
} from 'node:http';
import { Agent as TlsAgent, request as tlsRequest } from 'node:https';
import { performance } from 'node:perf_hooks';
import type { TLSSocket } from 'node:tls';

/** A request that came to its end. */
export interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
  /** SHA-256 fingerprint of the certificate, where there was TLS */
  readonly certificate: string | undefined;
}

export interface AskOptions extends Pick<RequestOptions, 'headers' | 'method' | 'agent'> {
  /** milliseconds */
  readonly timeout?: number;
  readonly ca?: string;
  readonly servername?: string;
  readonly maxVersion?: 'TLSv1.1' | 'TLSv1.2' | 'TLSv1.3';
}

/** One request, over a connection of its own unless an agent is given. A certificate counts only where `ca` is given. */
export function ask(url: string, options: AskOptions = {}): Promise<Answer> {
  const { timeout = 5000, ca, ...rest } = options;
  const tls = url.startsWith('https:');
  return new Promise((resolve, reject) => {
    const request = (tls ? tlsRequest : plainRequest)(
      url,
      {
        agent: false,
        ...rest,
        ...(tls ? { rejectUnauthorized: ca !== undefined, ...(ca === undefined ? {} : { ca }) } : {}),
        signal: AbortSignal.timeout(timeout),
      },
      (response) => {
        const certificate = tls
          ? (response.socket as TLSSocket).getPeerCertificate().fingerprint256
          : undefined;
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            body: Buffer.concat(chunks).toString(),
            certificate,
          }),
        );
      },
    );
    request.on('error', reject);
    request.end();
  });
}

export interface Traffic {
  /** ends it; resolves when the last request has ended */
  stop(): Promise<Observed>;
}

export interface Observed {
  readonly requests: number;
  /** what went wrong, each once, with how often */
  readonly failed: readonly string[];
  /** milliseconds: the longest time in which no answer came */
  readonly longestGap: number;
  readonly certificates: ReadonlySet<string>;
}

/** A request every so many milliseconds, whether the ones before have ended or not; each over a connection of its own. */
export function steady(url: string, every = 50): Traffic {
  const seen = observer();
  const timer = setInterval(() => seen.add(ask(url, { timeout: 1000 })), every);
  return {
    stop: () => {
      clearInterval(timer);
      return seen.end();
    },
  };
}

/** As many requests as these clients can make: half of them keep their connections, half make a new one each time. */
export function load(
  url: string,
  clients = 6,
  options: Pick<AskOptions, 'method' | 'headers'> = {},
): Traffic {
  const seen = observer();
  let stopped = false;
  const agents = Array.from({ length: Math.floor(clients / 2) }, () =>
    url.startsWith('https:')
      ? new TlsAgent({ keepAlive: true, maxSockets: 1, rejectUnauthorized: false })
      : new PlainAgent({ keepAlive: true, maxSockets: 1 }),
  );
  const client = async (agent: PlainAgent | false): Promise<void> => {
    while (!stopped) {
      const answer = ask(url, { ...options, agent });
      seen.add(answer);
      await answer.catch(() => undefined);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };
  const running = Array.from({ length: clients }, (_, index) => client(agents[index] ?? false));
  return {
    stop: async () => {
      stopped = true;
      await Promise.all(running);
      for (const agent of agents) agent.destroy();
      return seen.end();
    },
  };
}

function observer(): { add: (answer: Promise<Answer>) => void; end: () => Promise<Observed> } {
  const pending = new Set<Promise<void>>();
  const failures = new Map<string, number>();
  const certificates = new Set<string>();
  let requests = 0;
  let last = performance.now();
  let longestGap = 0;
  const good = (): void => {
    const now = performance.now();
    longestGap = Math.max(longestGap, now - last);
    last = now;
  };
  const bad = (what: string): void => void failures.set(what, (failures.get(what) ?? 0) + 1);
  return {
    add(answer) {
      requests += 1;
      const one = answer
        .then(
          ({ status, certificate }) => {
            if (certificate !== undefined) certificates.add(certificate);
            if (status >= 200 && status < 400) good();
            else bad(`status ${status}`);
          },
          (error: NodeJS.ErrnoException) => bad(error.code ?? error.message),
        )
        .finally(() => pending.delete(one));
      pending.add(one);
    },
    async end() {
      await Promise.all(pending);
      longestGap = Math.max(longestGap, performance.now() - last);
      return {
        requests,
        failed: [...failures].map(([what, count]) => `${count} x ${what}`),
        longestGap: Math.round(longestGap),
        certificates,
      };
    },
  };
}
