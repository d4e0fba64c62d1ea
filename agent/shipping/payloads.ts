import { hash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Digest, type RunId, WaterflowFailure } from '../../schemas/index.ts';
import { askServer, type ServerAnswer, type ServerRequest, type ShippingServer } from './ask-server.ts';

/** The large payloads of runs, which a server keeps. */
export interface ServerPayloads {
  /** STORAGE_FAILED where the server doesn't take it. */
  put(run: RunId, digest: Digest, bytes: Uint8Array): Promise<void>;
  /** Undefined where the server has none of that digest. STORAGE_FAILED where it doesn't answer. */
  get(run: RunId, digest: Digest): Promise<Uint8Array | undefined>;
}

/** How it is gone about. */
export interface PayloadPatience {
  /** A server that can't be reached is tried for so long, in ms. Less than a job's `lost-after`, within which nobody hears of the step. */
  readonly patienceMs: number;
  /** Between two tries at first, and at most, in ms. */
  readonly firstPauseMs: number;
  readonly mostPauseMs: number;
}

const standard: PayloadPatience = { patienceMs: 75_000, firstPauseMs: 250, mostPauseMs: 5_000 };

/** One that is on its way, in ms. */
const answerMs = 60_000;
/** The most that a server keeps as one payload. */
const mostBytes = 64 * 1024 * 1024;
/** On their way at a time: each is in memory as a whole. */
const mostAtOnce = 4;
const binary = 'application/octet-stream';

/** Those of a server, by `/v1/agent/runs/{id}/payloads/{digest}`. What comes is compared with its digest, and asked for again where it differs. */
export function payloadsOf(server: ShippingServer, patience: Partial<PayloadPatience> = {}): ServerPayloads {
  const limited = limit(mostAtOnce);
  const ask = (request: ServerRequest, check?: (content: Buffer) => string | undefined) =>
    limited(() => askPatiently(server, { request, check, patience: { ...standard, ...patience } }));
  return {
    async put(run, digest, bytes) {
      const body = { type: binary, content: bytes };
      const answer = await ask({ method: 'PUT', path: pathOf(run, digest), body, mostBytes });
      if (answer.kind === 'refused') throw failed(server, 'take', answer.reason);
    },
    async get(run, digest) {
      const answer = await ask({ method: 'GET', path: pathOf(run, digest), mostBytes }, (content) =>
        digest === `sha256:${hash('sha256', content, 'hex')}` ? undefined : 'what came has another digest',
      );
      if (answer.kind === 'done') return answer.content;
      if (answer.status === 404) return undefined;
      throw failed(server, 'give', answer.reason);
    },
  };
}

function pathOf(run: RunId, digest: Digest): string {
  return `/v1/agent/runs/${run}/payloads/${encodeURIComponent(digest)}`;
}

async function askPatiently(
  server: ShippingServer,
  {
    request,
    check,
    patience: { patienceMs, firstPauseMs, mostPauseMs },
  }: {
    readonly request: ServerRequest;
    readonly check: ((content: Buffer) => string | undefined) | undefined;
    readonly patience: PayloadPatience;
  },
): Promise<Exclude<ServerAnswer, { readonly kind: 'later' }>> {
  const until = performance.now() + patienceMs;
  for (let pause = firstPauseMs; ; pause = Math.min(2 * pause, mostPauseMs)) {
    const answer = await askServer(server, request, { signal: AbortSignal.timeout(patienceMs), answerMs });
    const wrong = answer.kind === 'done' ? check?.(answer.content) : undefined;
    if (answer.kind !== 'later' && wrong === undefined) return answer;
    const reason = answer.kind === 'later' ? answer.reason : (wrong ?? '');
    const wait = answer.kind === 'later' ? (answer.afterMs ?? pause) : pause;
    if (performance.now() + wait > until) throw failed(server, request.method === 'PUT' ? 'take' : 'give', reason);
    await sleep(wait);
  }
}

/** Runs as many at a time, the others in their order. */
function limit(most: number): <Result>(work: () => Promise<Result>) => Promise<Result> {
  let running = 0;
  const waiting: (() => void)[] = [];
  return async (work) => {
    if (running >= most) await new Promise<void>((resolve) => void waiting.push(resolve));
    else running += 1;
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      // Its place goes on to the next one.
      if (next === undefined) running -= 1;
      else next();
    }
  };
}

function failed({ url }: ShippingServer, what: 'give' | 'take', reason: string): WaterflowFailure {
  return new WaterflowFailure({
    code: 'STORAGE_FAILED',
    message: `the server ${url} does not ${what} a large payload: ${reason}`,
    remedy:
      'Look at the log of the server, at the way there, and at the key of the agent; a `retry` starts the job again.',
  });
}
