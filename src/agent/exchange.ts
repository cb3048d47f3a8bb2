import { StringDecoder } from 'node:string_decoder';
import { TaskError, UnreachableError, escapeControl } from '../errors.js';
import type { Channel } from '../transport/connection.js';
import { createCapped, type Capped } from './capped.js';
import type { Part, PartOutput } from './part.js';
import { createSplitter } from './splitter.js';

export interface RequestOptions {
  /** a line that a step printed, as it comes; `step` is its index */
  readonly onLine?: (step: number, stream: 'stdout' | 'stderr', line: string) => void;
  /** seconds until the request is stopped */
  readonly timeout?: number;
  /** aborting stops the request */
  readonly signal?: AbortSignal;
}

export interface Script {
  readonly script: string;
  readonly parts: readonly Part[];
  readonly uninterruptible: boolean;
  readonly stepOf: (part: number) => number | undefined;
}

/** The conversation with one agent: frames out, parts in. One request at a time is under way; others wait for it. */
export interface Exchange {
  run(script: Script, options: RequestOptions): Promise<PartOutput[]>;
  lock(holder: string): Promise<readonly string[]>;
  announceStaged(path: string): void;
  write(bytes: Buffer): void;
  kill(): void;
  end(): void;
  readonly counters: {
    readonly roundTrips: number;
    readonly bytesSent: number;
    readonly bytesReceived: number;
  };
  readonly lost: boolean;
}

/** Seconds that the agent has to stop a request before its channel is closed: it gives processes two to end. */
const STOP_WITHIN = 5;
type Stream = 'stdout' | 'stderr';

/** How far one of the two streams is: they arrive independently, one may be some parts ahead. */
interface StreamState {
  current: Capped;
  readonly ended: { readonly rc: number; readonly bytes: Buffer }[];
  decoder: StringDecoder;
  /** the beginning of a line */
  rest: string;
  finished: boolean;
}

interface Running {
  readonly id: number;
  readonly script: Script;
  readonly options: RequestOptions;
  readonly streams: Readonly<Record<Stream, StreamState>>;
  readonly resolve: (outputs: PartOutput[]) => void;
  readonly reject: (error: Error) => void;
  stopped: Error | undefined;
}

export function createExchange(given: {
  readonly host: string;
  readonly nonce: string;
  readonly channel: Channel;
  /** the error of an agent that ended before it said hello, if it is become's */
  readonly refused: (code: number | null, stderr: string) => TaskError | undefined;
}): Exchange {
  const { host, nonce, channel } = given;
  const counters = { roundTrips: 0, bytesSent: 0, bytesReceived: 0 };
  let running: Running | undefined;
  let queue: Promise<unknown> = Promise.resolve();
  let awaitLock: ((words: readonly string[]) => void) | undefined;
  let failLock: ((error: Error) => void) | undefined;
  let greeted = false;
  let stray = '';
  let gone: Error | undefined;
  let nextId = 0;

  for (const stream of ['stdout', 'stderr'] as const) {
    const split = createSplitter(nonce, {
      data: (bytes) => takeData(stream, bytes),
      marker: (words) => takeMarker(stream, words),
    });
    channel[stream].on('data', (chunk: Buffer) => {
      counters.bytesReceived += chunk.length;
      split(chunk);
    });
  }
  channel.stdin.on('error', () => undefined); // the channel's end says why
  void channel.exit.then(
    ({ code }) => lose(greeted ? undefined : given.refused(code, stray), code),
    (error: unknown) => lose(undefined, null, error),
  );

  return {
    run: (script, options) => enqueue(() => runNow(script, options)),
    lock: (holder) =>
      enqueue(
        () =>
          new Promise<readonly string[]>((resolve, reject) => {
            if (gone) reject(gone);
            awaitLock = resolve;
            failLock = reject;
            const text = Buffer.from(holder);
            send(`L ${text.length}\n`, text);
          }),
      ),
    announceStaged(path) {
      const text = Buffer.from(path);
      send(`S ${text.length}\n`, text);
    },
    write,
    kill() {
      if (running) stop(running, new TaskError('stopped', { host }));
    },
    end() {
      channel.stdin.end();
    },
    counters,
    get lost() {
      return gone !== undefined;
    },
  };

  /** Requests wait their turn here and not on the host: the agent stays in its loop, where it notices K and the end. */
  function enqueue<T>(work: () => Promise<T>): Promise<T> {
    const turn = queue.then(work);
    queue = turn.catch(() => undefined);
    return turn;
  }

  function runNow(script: Script, options: RequestOptions): Promise<PartOutput[]> {
    return new Promise((resolve, reject) => {
      if (gone) {
        reject(gone);
        return;
      }
      const one: Running = {
        id: (nextId += 1),
        script,
        options,
        streams: { stdout: streamState(script.parts[0]), stderr: streamState(script.parts[0]) },
        resolve: (outputs) => {
          release();
          resolve(outputs);
        },
        reject: (error) => {
          release();
          reject(error);
        },
        stopped: undefined,
      };
      running = one;
      counters.roundTrips += 1;
      const body = Buffer.from(script.script);
      send(`R ${one.id} ${body.length} ${script.uninterruptible ? 'u' : 'i'}\n`, body);
      const timer =
        options.timeout === undefined
          ? undefined
          : setTimeout(() => stop(one, timedOut(one, options.timeout ?? 0)), options.timeout * 1000);
      const onAbort = (): void => stop(one, new TaskError('stopped', { host }));
      options.signal?.addEventListener('abort', onAbort, { once: true });
      function release(): void {
        clearTimeout(timer);
        options.signal?.removeEventListener('abort', onAbort);
        running = undefined;
      }
    });
  }

  function timedOut(one: Running, seconds: number): TaskError {
    const { stdout, stderr } = one.streams;
    const said = [stderr, stdout]
      .map((state) => state.current.take().toString('utf8').trim())
      .find((text) => text !== '');
    return new TaskError(`timed out after ${seconds} s`, {
      host,
      detail: (said ?? '')
        .split('\n')
        .slice(-12)
        .filter((line) => line !== '')
        .map(escapeControl),
      hint: 'give the task a longer timeout:, or find out what it waits for',
    });
  }

  /** Ask the agent to end the request; if it does not, close the channel: then it ends by itself. */
  function stop(one: Running, error: Error): void {
    if (one.stopped) return;
    one.stopped = error;
    send(`K ${one.id}\n`);
    setTimeout(() => {
      if (running === one) channel.close();
    }, STOP_WITHIN * 1000).unref();
  }

  function takeData(stream: Stream, bytes: Buffer): void {
    if (!greeted && stray.length < 4096) stray += bytes.toString('utf8');
    if (!running) return;
    const state = running.streams[stream];
    state.current.add(bytes);
    const step = running.script.stepOf(state.ended.length);
    if (step === undefined || !running.options.onLine) return;
    const lines = (state.rest + state.decoder.write(bytes)).split(/\r\n|[\r\n]/);
    // A line without end is not kept for ever.
    state.rest = (lines.pop() ?? '').slice(-65_536);
    for (const line of lines) running.options.onLine(step, stream, escapeControl(line));
  }

  function takeMarker(stream: Stream, words: readonly string[]): void {
    const [what = '', value = ''] = words;
    if (what === 'hello') {
      greeted = true;
      // What a login shell or sudo printed before is no part of any output.
      if (running) running.streams[stream].current = createCapped(running.script.parts[0]?.keep ?? 0);
    } else if (what === 'lock') {
      if (stream === 'stdout') awaitLock?.(words.slice(1));
    } else if (what === 'end') {
      if (running && value === String(running.id)) finish(running, stream);
    } else if (running && /^\d+$/.test(what)) endPart(running, stream, Number(value));
  }

  function endPart(one: Running, stream: Stream, rc: number): void {
    const state = one.streams[stream];
    const step = one.script.stepOf(state.ended.length);
    const line = state.rest + state.decoder.end();
    if (step !== undefined && line !== '') one.options.onLine?.(step, stream, escapeControl(line));
    state.ended.push({ rc, bytes: state.current.take() });
    state.rest = '';
    state.current = createCapped(one.script.parts[state.ended.length]?.keep ?? 0);
  }

  /** A request is over when both streams have said so. */
  function finish(one: Running, stream: Stream): void {
    const { stdout, stderr } = one.streams;
    one.streams[stream].finished = true;
    if (!stdout.finished || !stderr.finished) return;
    if (one.stopped) one.reject(one.stopped);
    else
      one.resolve(
        stdout.ended.map(({ rc, bytes }, index) => ({
          rc,
          stdout: bytes,
          stderr: stderr.ended[index]?.bytes ?? Buffer.alloc(0),
        })),
      );
  }

  function lose(refused: TaskError | undefined, code: number | null, cause?: unknown): void {
    const detail =
      stray.trim() === '' || greeted ? [] : stray.trim().split('\n').slice(-5).map(escapeControl);
    gone =
      refused ??
      new UnreachableError(
        greeted ? 'the connection was lost' : `the agent did not start (exit code ${code ?? 'none'})`,
        { host, detail, cause },
      );
    failLock?.(gone);
    running?.reject(running.stopped ?? gone);
  }

  function send(head: string, body?: Buffer): void {
    write(body ? Buffer.concat([Buffer.from(head), body]) : Buffer.from(head));
  }

  function write(bytes: Buffer): void {
    counters.bytesSent += bytes.length;
    channel.stdin.write(bytes);
  }
}

function streamState(first: Part | undefined): StreamState {
  return {
    current: createCapped(first?.keep ?? 0),
    ended: [],
    decoder: new StringDecoder('utf8'),
    rest: '',
    finished: false,
  };
}
