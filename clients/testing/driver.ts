/** A client that is tried: a program of its own, in whatever language, that carries out what is written to it, a JSON object a line. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

/** Any JSON object. */
export type Values = Readonly<Record<string, unknown>>;

/** An error as a driver tells it. */
export interface ToldError {
  readonly type: string;
  readonly code?: string;
  readonly message: string;
  readonly [key: string]: unknown;
}

/** What became of a call. */
export type Told = { readonly result: unknown } | { readonly error: ToldError };

/** A call that goes on. */
export interface Ongoing {
  readonly items: readonly unknown[];
  /** Resolves when there are so many items; rejects where it ends before. */
  readonly reaches: (count: number) => Promise<void>;
  readonly ended: Promise<Told>;
  /** Ends it, as an application does that has had enough. */
  readonly cancel: () => void;
}

/** A client. */
export interface Driver extends AsyncDisposable {
  /** `as`: whose key it has. */
  readonly begin: (call: string, args: Values, as: string) => Ongoing;
  /** Everything that the program wrote to its stderr. */
  readonly complaints: () => string;
}

/** How a driver is started. */
export interface DriverStart {
  readonly command: readonly [string, ...string[]];
  readonly url: string;
  readonly keys: Readonly<Record<string, string>>;
  readonly env?: Readonly<Record<string, string>>;
}

/** Calls that were written to a client, by their numbers, until it says what became of them. */
export interface Calls {
  readonly begin: Driver['begin'];
  /** What the client says of one. */
  readonly take: (told: Values) => void;
  /** None that is open comes to an end any more. */
  readonly fail: (why: string) => void;
}

/** Calls of which each is told by `write`. */
export function openCalls(write: (message: Values) => void): Calls {
  const calls = new Map<number, Call>();
  let failed: Values | undefined;
  return {
    begin(call, args, as) {
      const id = calls.size + 1;
      const made = new Call(() => write({ id, cancel: true }));
      calls.set(id, made);
      if (failed === undefined) write({ id, call, args, as });
      else made.take(failed);
      return made;
    },
    take: (told) => calls.get(Number(told['id']))?.take(told),
    fail(why) {
      failed = { error: { type: 'driver', message: why } };
      for (const call of calls.values()) call.take(failed);
    },
  };
}

/** Starts a driver. */
export function startDriver({ command: [program, ...argv], url, keys, env = {} }: DriverStart): Driver {
  const child = spawn(program, argv, { stdio: 'pipe', env: { ...process.env, ...env } });
  const write = (message: Values): void => void child.stdin.write(`${JSON.stringify(message)}\n`);
  const calls = openCalls(write);
  let complaints = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (complaints += text));
  createInterface({ input: child.stdout }).on('line', (line) => calls.take(JSON.parse(line) as Values)); // A driver's own words.
  child.on('error', ({ message }) => calls.fail(message));
  child.on('exit', () => calls.fail(`it ended: ${complaints}`));
  child.stdin.on('error', () => {}); // Of one that ended, which `exit` says.
  write({ url, keys });
  return {
    begin: calls.begin,
    complaints: () => complaints,
    async [Symbol.asyncDispose]() {
      if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
      child.stdin.end();
      child.kill();
      await once(child, 'exit');
    },
  };
}

class Call implements Ongoing {
  readonly items: unknown[] = [];
  readonly ended: Promise<Told>;
  readonly cancel: () => void;
  readonly #end: (told: Told) => void;
  #isOver = false;
  #waiting: { readonly count: number; readonly resolve: () => void; readonly reject: (error: Error) => void }[] = [];

  constructor(cancel: () => void) {
    const { promise, resolve } = Promise.withResolvers<Told>();
    this.ended = promise;
    this.#end = resolve;
    this.cancel = cancel;
  }

  take(told: Values): void {
    if ('item' in told) this.items.push(told['item']);
    else {
      this.#isOver = true;
      this.#end(told as Told); // A driver says one of the two.
    }
    for (const { count, resolve } of this.#waiting) if (this.items.length >= count) resolve();
    this.#waiting = this.#waiting.filter(({ count }) => this.items.length < count);
    if (this.#isOver) for (const { reject } of this.#waiting) reject(new Error(`it ended: ${JSON.stringify(told)}`));
  }

  reaches(count: number): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.items.length >= count) resolve();
      else if (this.#isOver) reject(new Error(`it ended after ${this.items.length} items`));
      else this.#waiting.push({ count, resolve, reject });
    });
  }
}
