import { TaskError, UnreachableError, escapeControl, type ProvisionError } from '../errors.js';
import type { Channel } from '../transport/connection.js';
import type { Content } from './content.js';
import { createCapped } from './capped.js';
import { createLines, type Lines } from './lines.js';
import { LockedError } from './locked-error.js';
import type { Part, PartOutput } from './part.js';
import type { Budget } from './limits.js';
import { sendContent, type Sent } from './send-content.js';
import { createSplitter } from './splitter.js';
import { createThrottle } from './throttle.js';
import { StoppedError } from './stopped-error.js';
import { createWatch, type Limits, type StopReason, type Watch } from './watch.js';

export interface RequestOptions extends Limits {
  /** a line that a step printed, as it comes; `step` is its index */
  readonly onLine?: (step: number, stream: Stream, line: string) => void;
  /** the timeout is only what is usual: it begins when a large file has been sent, however long that takes */
  readonly afterSending?: boolean;
  /** told of each piece of a large file that has been sent */
  readonly onSent?: (about: Sent) => void;
}

export type Stream = 'stdout' | 'stderr';

/** What is sent to an agent at once. */
export interface Script {
  readonly parts: readonly Part[];
  readonly code: string;
  readonly uninterruptible: boolean;
  /** the index of the step that a part is */
  readonly stepOf: (part: number) => number | undefined;
  /** the first part that only asks, and the limits of all from there on, in seconds */
  readonly asks: { readonly from: number; readonly timeout: number; readonly idle: number };
  /** what it does, for the error when the link is lost */
  readonly about: string;
  /** take the host's lock first */
  readonly holder?: string | undefined;
  /** who asks, from now on */
  readonly by?: string | undefined;
  /** put these bytes into a file of the host first */
  readonly staged?: { readonly path: string; readonly target: string; readonly content: Content } | undefined;
}

/** The conversation with one agent: frames out, parts in. One script at a time. */
export interface Exchange {
  /** @throws LockedError, TaskError when a limit was reached, StoppedError, UnreachableError */
  run(script: Script, options: RequestOptions): Promise<PartOutput[]>;
  write(bytes: Buffer): void;
  /** Nothing more will be asked: the agent ends, and what still runs ends with it. */
  end(): void;
  /** Stop what runs; nothing is taken on from now on. */
  kill(): void;
  readonly counters: {
    readonly roundTrips: number;
    readonly bytesSent: number;
    readonly bytesReceived: number;
  };
  /** it answers no more */
  readonly lost: boolean;
  /** it was given up: it does not do what an agent does, and nothing more shall be heard of it */
  readonly abandoned: boolean;
  /** settles when the agent has ended */
  readonly ended: Promise<void>;
}

/** ms that the agent has to stop a script before its channel is closed: it gives processes four seconds. */
const STOP_WITHIN = 5000;
/** hello, lock, end, stopped and bye, on both streams, and room for those of a request that has just ended */
const MOST_MARKERS = 32;

/** How far one of the two streams is: they arrive independently, one may be some parts ahead. */
interface StreamState {
  current: ReturnType<typeof createCapped>;
  readonly ended: { readonly rc: number; readonly bytes: Buffer; readonly cut: boolean }[];
  lines: Lines;
  finished: boolean;
}

interface Running {
  readonly id: number;
  readonly script: Script;
  readonly options: RequestOptions;
  readonly streams: Readonly<Record<Stream, StreamState>>;
  readonly settle: (outcome: PartOutput[] | Error) => void;
  readonly watch: Watch;
  /** bytes of its answers that count as under way */
  owed: number;
  /** the error it is refused with */
  stopped: Error | undefined;
  /** the agent was told to end it */
  stopping: boolean;
  /** its large file is being sent: the agent has not heard of it yet */
  sending: boolean;
  /** the host cannot write what it is sent: the rest is for nothing */
  unstaged: boolean;
  over: boolean;
  /** nobody waits for the link to take what is being written */
  wake: () => void;
}

export function createExchange(given: {
  readonly host: string;
  readonly nonce: string;
  readonly channel: Channel;
  readonly budget: Budget;
  /** seconds until the agent must have said hello, once something was asked of it; and in which it has to take a part of what is sent */
  readonly startWithin: number;
  /** the error of an agent that ended before it said hello, if it is become's */
  readonly refused: (code: number | null, said: string) => ProvisionError | undefined;
}): Exchange {
  const { host, nonce, channel, budget } = given;
  const counters = { roundTrips: 0, bytesSent: 0, bytesReceived: 0 };
  const greeted = { stdout: false, stderr: false };
  /** sent and not answered, in the order in which the agent works on them */
  const underWay: Running[] = [];
  let stray = '';
  let gone: Error | undefined;
  let abandoned = false;
  /** markers of both streams since the last request was answered */
  let markers = 0;
  let nextId = 0;
  let sayEnded: () => void = () => undefined;
  const ended = new Promise<void>((resolve) => {
    sayEnded = resolve;
  });

  const throttle = createThrottle([channel.stdout, channel.stderr]);
  for (const stream of ['stdout', 'stderr'] as const) {
    const split = createSplitter(nonce, {
      data: (bytes) => takeData(stream, bytes),
      marker: (words) => takeMarker(stream, words),
    });
    channel[stream].on('data', (chunk: Buffer) => {
      if (abandoned) return;
      counters.bytesReceived += chunk.length;
      // Thrown from here it would be the end of the whole run.
      try {
        for (const one of underWay) one.watch.touch();
        if (weigh(stream, chunk.length)) split(chunk);
      } catch (error) {
        abandon(error as Error);
      }
    });
    channel[stream].on('error', () => undefined); // the channel's end says why
  }
  channel.stdin.on('error', () => undefined);
  channel.exit.then(
    ({ code }) => lose(code),
    (error: unknown) => lose(null, error),
  );

  return {
    run,
    write,
    end,
    kill,
    counters,
    ended,
    get lost() {
      return gone !== undefined;
    },
    get abandoned() {
      return abandoned;
    },
  };

  function run(script: Script, options: RequestOptions): Promise<PartOutput[]> {
    return new Promise((resolve, reject) => {
      if (gone) {
        reject(gone);
        return;
      }
      const hello = setTimeout(() => !greeted.stdout && neverStarted(), given.startWithin * 1000);
      const { from, ...limits } = script.asks;
      const one: Running = {
        id: (nextId += 1),
        script,
        options,
        streams: { stdout: streamState(script.parts[0]), stderr: streamState(script.parts[0]) },
        settle: (outcome) => {
          one.over = true;
          one.wake();
          one.watch.end();
          clearTimeout(hello);
          budget.give(one.owed);
          markers = 0;
          underWay.splice(underWay.indexOf(one), 1);
          underWay[0]?.watch.begin();
          if (outcome instanceof Error) reject(outcome);
          else resolve(outcome);
        },
        watch: createWatch(from === 0 ? { ...limits, ...options } : options, (reason, seconds) =>
          stopFor(one, reason, seconds),
        ),
        owed: 0,
        stopped: undefined,
        stopping: false,
        sending: false,
        unstaged: false,
        over: false,
        wake: () => undefined,
      };
      underWay.push(one);
      counters.roundTrips += 1;
      if (script.staged) {
        void sendStaged(one, script.staged);
        return;
      }
      sendScript(one.id, script);
      // The time of one that waits behind another begins when its turn comes.
      if (underWay[0] === one) one.watch.begin();
    });
  }

  /** A large file, and the script that puts it in its place. Nothing else is under way: what does something is asked alone. */
  async function sendStaged(one: Running, staged: NonNullable<Script['staged']>): Promise<void> {
    const { timeout, afterSending = false, onSent } = one.options;
    const own = timeout === undefined || afterSending ? {} : { timeout };
    const began = performance.now();
    one.sending = true;
    one.watch.next({ ...own, idle: given.startWithin });
    sendHead(one.script);
    frame('S', Buffer.from(staged.path));
    let problem: Error | undefined;
    try {
      await sendContent(staged.content, {
        write: (bytes) => writeWhole(bytes, one),
        isEnough: () => one.over || one.stopping || one.unstaged,
        onSent: (sent) => {
          one.watch.touch();
          onSent?.({ path: staged.target, ...sent });
        },
      });
    } catch (error) {
      problem = error as Error;
    }
    one.sending = false;
    if (one.over) return;
    problem ??= one.stopping ? one.stopped : undefined;
    if (problem) {
      write(Buffer.from('U\n'));
      one.settle(problem);
      return;
    }
    sendScript(one.id, { ...one.script, by: undefined, holder: undefined });
    const left = (timeout ?? 0) - (afterSending ? 0 : (performance.now() - began) / 1000);
    one.watch.next(timeout === undefined ? {} : { timeout: Math.max(left, 0) });
  }

  /** Resolves when the link has taken the bytes, or nothing is sent any more. */
  function writeWhole(bytes: Buffer, one: Running): Promise<void> {
    return new Promise((resolve) => {
      counters.bytesSent += bytes.length;
      one.wake = resolve;
      channel.stdin.write(bytes, () => {
        if (channel.flushed) void channel.flushed().then(resolve);
        else resolve();
      });
    });
  }

  function sendHead(script: Script): void {
    const head = headOf(script);
    if (head.length > 0) write(Buffer.from(head.join('')));
  }

  function sendScript(id: number, script: Script): void {
    const { code, uninterruptible } = script;
    const head = headOf(script);
    // The agent runs only what ends with the nonce: not what the end of the link cut off.
    const body = Buffer.from(`${code}# ${nonce}\n`);
    head.push(`R ${id} ${body.length} ${uninterruptible ? 'u' : 'i'}\n`);
    // Each write is a packet of its own, to be encrypted here and taken apart there.
    write(Buffer.concat([Buffer.from(head.join('')), body]));
  }

  function frame(verb: string, body: Buffer): void {
    write(Buffer.concat([Buffer.from(`${verb} ${body.length}\n`), body]));
  }

  function write(bytes: Buffer): void {
    counters.bytesSent += bytes.length;
    channel.stdin.write(bytes);
  }

  function end(): void {
    // To an agent whose script still runs the end of its stdin says all.
    if (underWay.length === 0 && gone === undefined) write(Buffer.from('B\n'));
    channel.stdin.end();
  }

  function kill(): void {
    gone ??= new TaskError('stopped', { host });
    for (const one of underWay) stop(one, gone);
  }

  function stopFor(one: Running, reason: StopReason, seconds: number): void {
    if (reason === 'aborted') {
      const error = asking(one)
        ? new StoppedError(host)
        : new TaskError('stopped in its midst: it had not ended some seconds after the run was to end', {
            host,
            hint: 'does the user whose folder it is hold it up? run again to finish it',
          });
      stop(one, error, error);
      return;
    }
    if (reason === 'idle' && one.sending) return abandon(noneTaken(one, seconds));
    const why = reason === 'idle' ? `timed out: silent for ${seconds} s` : `timed out after ${seconds} s`;
    const error = whyStopped(one, why);
    stop(one, error, asking(one) ? noAnswer(one, why) : error);
  }

  /** Ask the agent to end the script; if it does not, give up on it: at the end of its stdin it stops by itself. */
  function stop(one: Running, error: Error, unheard = error): void {
    if (one.stopping) return;
    one.stopping = true;
    one.stopped ??= error;
    // In the midst of a file it would be taken for a part of that.
    if (!one.sending) write(Buffer.from(`K ${one.id}\n`));
    setTimeout(
      () => {
        if (!underWay.includes(one)) return;
        if (unheard instanceof UnreachableError || unheard instanceof StoppedError) return abandon(unheard);
        gone ??= unheard;
        one.settle(unheard);
        channel.close();
      },
      one.script.uninterruptible ? 0 : STOP_WITHIN,
    ).unref();
  }

  /** whether it is past what it does, and only asks */
  function asking({ script, streams }: Running): boolean {
    return streams.stdout.ended.length >= script.asks.from;
  }

  function whyStopped(one: Running, why: string): TaskError {
    if (asking(one)) {
      return new TaskError(`${why} while the host was asked how it is`, {
        host,
        hint: 'is one of its file systems stuck, or is it overloaded? provision_query_timeout and provision_idle_timeout give it more time',
      });
    }
    const { stdout, stderr } = one.streams;
    const said =
      [stderr, stdout]
        .map((state) => state.current.take().toString('utf8').trim())
        .find((text) => text !== '') ?? '';
    return new TaskError(
      one.script.uninterruptible ? `${why}; it must not be interrupted and goes on on the host` : why,
      {
        host,
        detail: said
          .split('\n')
          .slice(-12)
          .filter((line) => line !== ''),
        hint: 'give the task a longer timeout:, or find out what it waits for',
      },
    );
  }

  function noAnswer(one: Running, why: string): UnreachableError {
    const { message, hint } = whyStopped(one, why);
    return new UnreachableError(`the agent does not answer: ${message}`, { host, hint });
  }

  function noneTaken({ script }: Running, seconds: number): UnreachableError {
    return new UnreachableError(
      `the host has taken no byte of ${script.staged?.target ?? 'a file'} for ${seconds} s`,
      {
        host,
        hint: 'is the link down, or the disk of the host stuck? provision_idle_timeout gives it more time; what was sent is removed there',
      },
    );
  }

  function neverStarted(): void {
    abandon(
      new UnreachableError(`the agent did not start within ${given.startWithin} s`, {
        host,
        detail: strayLines(),
      }),
    );
  }

  /** Nothing more is heard of it. */
  function abandon(error: Error): void {
    abandoned = true;
    gone ??= error;
    for (const one of [...underWay]) one.settle(error);
    channel.close();
  }

  function breach(what: string): void {
    abandon(
      new UnreachableError(`the agent does not keep to the protocol: ${what}`, {
        host,
        hint: 'something else answers in its place, or in between: look at the login shell and at sh of the host',
      }),
    );
  }

  /** Count what a host says in answers, or unasked. @returns whether it is within the limit */
  function weigh(stream: Stream, bytes: number): boolean {
    const one = saying(stream);
    if (one && one.streams[stream].ended.length < one.script.asks.from) return true;
    throttle(bytes);
    if (one) one.owed += bytes;
    if (budget.take(bytes)) return true;
    const most = `${Math.round(budget.most / 1024 / 1024)} MiB`;
    abandon(
      new UnreachableError(
        one ? `the answers of the host are longer than ${most}` : `the host says more than ${most} unasked`,
        { host, hint: 'provision_query_size allows more; it is the most memory that its answers may take' },
      ),
    );
    return false;
  }

  function takeData(stream: Stream, bytes: Buffer): void {
    if (!greeted[stream]) {
      // What a login shell or sudo prints before the hello is no part of any output.
      if (stray.length < 4096) stray += bytes.toString('utf8');
      return;
    }
    const one = saying(stream);
    if (!one) return;
    const state = one.streams[stream];
    state.current.add(bytes);
    if (one.script.stepOf(state.ended.length) !== undefined)
      state.lines.add(bytes, showLine(one, stream, state));
  }

  /** Whose output a stream brings: one of the two may be a request ahead of the other. */
  function saying(stream: Stream): Running | undefined {
    return underWay.find((one) => !one.streams[stream].finished);
  }

  function showLine(one: Running, stream: Stream, state: StreamState): (line: string) => void {
    const step = one.script.stepOf(state.ended.length);
    return (line) => {
      if (step !== undefined) one.options.onLine?.(step, stream, line);
    };
  }

  function takeMarker(stream: Stream, words: readonly string[]): void {
    // The rest of what came with what it was given up for.
    if (abandoned) return;
    const [what = '', value = ''] = words;
    const one = saying(stream);
    // Each costs more than its bytes: there are no more of them than parts, but for what begins and ends a request.
    markers += 1;
    const parts = underWay.reduce((sum, { script }) => sum + script.parts.length, 0);
    if (markers > MOST_MARKERS + 2 * parts) return breach('it says more than was asked');
    if (what === 'hello') greeted[stream] = true;
    else if (what === 'bye') sayEnded();
    else if (!one) return;
    else if (what === 'unstaged') {
      if (stream === 'stdout') one.unstaged = true;
    } else if (what === 'lock') {
      if (stream === 'stdout') one.stopped ??= lockProblem(words.slice(1));
    } else if (what === 'end' || what === 'stopped') {
      // A shell that is being stopped may say that it ended while the rest of its processes still live.
      if (value === String(one.id) && asked(one) === (what === 'stopped')) finish(one, stream);
    } else if (/^\d{1,9}$/.test(what)) {
      passQuiet(one, stream, Number(what));
      endPart(one, stream, { part: Number(what), rc: value });
    }
  }

  function lockProblem([state, ...words]: readonly string[]): ProvisionError | undefined {
    if (state === 'taken') return undefined;
    if (state === 'held') return new LockedError(host, words.join(' '));
    return new UnreachableError(`the host cannot be locked: ${escapeControl(words.join(' '))}`, { host });
  }

  /** Quiet parts leave no marker on stderr. */
  function passQuiet(one: Running, stream: Stream, part: number): void {
    const { ended } = one.streams[stream];
    while (ended.length < part && one.script.parts[ended.length]?.quiet === true && stream === 'stderr')
      ended.push({ rc: 0, bytes: Buffer.alloc(0), cut: false });
  }

  function endPart(one: Running, stream: Stream, { part, rc }: { part: number; rc: string }): void {
    const state = one.streams[stream];
    const { parts, asks } = one.script;
    if (part !== state.ended.length || part >= parts.length) return breach('it answers what was not asked');
    if (!/^\d{1,3}$/.test(rc)) return breach('it tells no exit code');
    state.lines.end(showLine(one, stream, state));
    state.ended.push({ rc: Number(rc), bytes: state.current.take(), cut: state.current.cut });
    state.lines = createLines();
    state.current = createCapped(parts[state.ended.length]?.keep ?? 0);
    if (stream === 'stdout' && state.ended.length === asks.from) one.watch.next(asks);
  }

  /** whether the agent was asked to stop it */
  function asked(one: Running): boolean {
    return one.stopping && !one.script.uninterruptible;
  }

  /** A script is over when both streams have said so. */
  function finish(one: Running, stream: Stream): void {
    const { stdout, stderr } = one.streams;
    one.streams[stream].finished = true;
    if (!stdout.finished || !stderr.finished) return;
    one.settle(
      one.stopped ??
        stdout.ended.map(({ rc, bytes, cut }, index) => ({
          rc,
          stdout: bytes,
          stderr: stderr.ended[index]?.bytes ?? Buffer.alloc(0),
          cut,
        })),
    );
  }

  function lose(code: number | null, cause?: unknown): void {
    sayEnded();
    const started = greeted.stdout;
    const during = underWay[0] ? ` during: ${underWay[0].script.about}` : '';
    const error =
      (started ? undefined : given.refused(code, stray)) ??
      new UnreachableError(
        started
          ? `the connection was lost${during}`
          : `the agent did not start (exit code ${code ?? 'none'})`,
        {
          host,
          detail: started ? [] : strayLines(),
          hint: started
            ? 'run again: what was done stays, what was not is done then'
            : 'the login user needs a POSIX shell on the host',
          cause,
        },
      );
    gone ??= error;
    for (const one of [...underWay]) one.settle(one.stopped ?? error);
  }

  function strayLines(): string[] {
    return stray
      .trim()
      .split('\n')
      .slice(-5)
      .filter((line) => line !== '')
      .map(escapeControl);
  }
}

/** What goes ahead of a script: who asks, and the lock. */
function headOf({ by, holder }: Script): string[] {
  return [
    ...(by === undefined ? [] : [`H ${oneLine(by)}\n`]),
    ...(holder === undefined ? [] : [`L ${oneLine(holder)}\n`]),
  ];
}

/** Words parted by single blanks: that is what the agent's read gives back. */
function oneLine(text: string): string {
  return escapeControl(text).trim().split(/\s+/).join(' ');
}

function streamState(first: Part | undefined): StreamState {
  return { current: createCapped(first?.keep ?? 0), ended: [], lines: createLines(), finished: false };
}
