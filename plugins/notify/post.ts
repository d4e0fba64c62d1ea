import { type Host, type Json, stepFailure } from 'waterflow/plugin';

/** A JSON document on its way to an address. */
export interface Posting {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly payload: Json;
  /** How often it may be posted again. */
  readonly retries: number;
}

/** What came of it. */
export interface Posted {
  readonly status: number;
  readonly body: string;
  readonly attempts: number;
}

const requestTimeoutMs = 30_000;
/** Answers are read for what went wrong, no more. */
const answerBytes = 65_536;
const busyStatuses: readonly number[] = [429, 502, 503, 504];
/** A server that wants more time than that has lost the message's moment. */
const longestWaitMs = 60_000;
const firstWaitMs = 1000;
/** Of an answer, in a failure's message. */
const shownCharacters = 200;

/** Posts the document; throws a step's failure where the answer is no 2xx. */
export async function post(host: Host, { url, headers, payload, retries }: Posting): Promise<Posted> {
  const where = originOf(url);
  const body = JSON.stringify(payload);
  for (let attempts = 1; ; attempts += 1) {
    const answer = await host.net.request({
      url,
      method: 'POST',
      headers: {
        'content-type': 'application/json; charset=utf-8',
        // The same for each attempt, of this step's retries too: who gets it twice can tell.
        'idempotency-key': idempotencyKey(host.step),
        ...headers,
      },
      body,
      redirects: 0,
      timeout_ms: requestTimeoutMs,
      max_bytes: answerBytes,
    });
    const said = answer.body ?? '';
    if (answer.status >= 200 && answer.status < 300) return { status: answer.status, body: said, attempts };
    if (!busyStatuses.includes(answer.status) || attempts > retries) {
      throw refused(where, { status: answer.status, attempts, said, location: answer.headers['location'] });
    }
    const wait = waitOf(answer.headers['retry-after'], { attempts, now: await host.now() });
    if (wait > longestWaitMs) {
      throw refused(where, { status: answer.status, attempts, said: `it asks to wait ${Math.ceil(wait / 1000)} s` });
    }
    host.log(`${where} answered ${answer.status}; posting again in ${Math.ceil(wait / 1000)} s`);
    await host.sleep(wait);
  }
}

/** `Retry-After` is a number of seconds or a date (RFC 9110, 10.2.3); without it each wait is twice the last. */
export function waitOf(
  retryAfter: string | undefined,
  { attempts, now }: { readonly attempts: number; readonly now: number },
): number {
  const otherwise = firstWaitMs * 2 ** (attempts - 1);
  if (retryAfter === undefined) return otherwise;
  if (/^\d{1,9}$/.test(retryAfter)) return Number(retryAfter) * 1000;
  // Date.parse() takes almost anything for a date.
  const date = /^[A-Z][a-z]+, \d/.test(retryAfter) ? Date.parse(retryAfter) : Number.NaN;
  return Number.isNaN(date) ? otherwise : Math.max(0, date - now);
}

/** Scheme, host and port, which are all of an address that a message may show: the rest may be a secret. */
export function originOf(url: string): string {
  return /^https?:\/\/[^/?#\\]*/i.exec(url)?.[0] ?? 'the address';
}

function idempotencyKey({ run, run_attempt: attempt, job, step }: Host['step']): string {
  // A header's value is ASCII; jobs of a matrix have any characters in their names.
  return [run, String(attempt), job, step].map((part) => encodeURIComponent(part.toWellFormed())).join('/');
}

interface Refusal {
  readonly status: number;
  readonly attempts: number;
  readonly said: string;
  readonly location?: string | undefined;
}

function refused(where: string, { status, attempts, said, location }: Refusal): Error {
  const times = attempts === 1 ? '' : ` (${attempts} times)`;
  const detail =
    location === undefined
      ? said.slice(0, shownCharacters)
      : `it redirects to ${originOf(location)}, which is not followed`;
  const remedy = remedyOf(status);
  return stepFailure(`${where} answered ${status}${times}${detail === '' ? '' : `: ${detail}`}`, {
    outputs: { status, attempts },
    ...(remedy === undefined ? {} : { remedy }),
  });
}

function remedyOf(status: number): string | undefined {
  if (status === 401 || status === 403) return 'Check `token`, or the secret part of `url`.';
  if (status === 404 || status === 410) return 'Check `url`: nothing takes messages there.';
  if (status >= 300 && status < 400) return 'Give the address that it redirects to as `url`.';
  if (busyStatuses.includes(status)) return 'Try again later, or raise `retries`.';
  return undefined;
}
