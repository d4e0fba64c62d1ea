import { credential, sessionEnded } from '../state/session.ts';
import { ApiProblem, noAnswer, problemOf } from './problem.ts';

/** Beside the console's own folder, wherever a proxy shows it. */
const base = new URL('../', new URL('.', document.baseURI));

/** This server, as commands name it. */
export const serverUrl: string = base.href.replace(/\/$/u, '');

/** What is asked for. */
export interface Asked {
  readonly method?: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  /** Absent values are left out; lists come several times. */
  readonly query?: Readonly<Record<string, string | number | boolean | readonly string[] | undefined>>;
  readonly body?: unknown;
  /** Its `Idempotency-Key`: sent again with it, the request is carried out once. See once.ts. */
  readonly once?: string;
  readonly accept?: string;
  readonly signal?: AbortSignal;
  /** Default: that of the session. */
  readonly credential?: string | undefined;
}

/** Asks the API for JSON. The type is what docs/rest-api.md says of that operation. Rejects with ApiProblem, or an AbortError. */
export async function ask<T>(path: string, asked: Asked = {}): Promise<T> {
  const response = await send(path, asked);
  // The server's own tests hold every answer against its schema.
  return (response.status === 204 ? undefined : await response.json()) as T;
}

/** Asks for an answer that is read as it comes. Rejects as {@link ask} does. */
export async function send(path: string, asked: Asked = {}): Promise<Response> {
  const { method = 'GET', query = {}, body, once, accept = 'application/json', signal } = asked;
  const url = new URL(path, base);
  for (const [name, value] of Object.entries(query)) {
    for (const one of [value ?? []].flat()) url.searchParams.append(name, String(one));
  }
  const key = 'credential' in asked ? asked.credential : credential();
  const response = await fetch(url, {
    method,
    headers: {
      Accept: accept,
      ...(key === undefined ? {} : { Authorization: `Bearer ${key}` }),
      ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
      ...(once === undefined ? {} : { 'Idempotency-Key': once }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    ...(signal === undefined ? {} : { signal }),
    // The API knows no cookies, and none are to be sent.
    credentials: 'omit',
    cache: 'no-store',
    redirect: 'error',
  }).catch((cause: unknown) => {
    throw signal?.aborted === true ? cause : noAnswer(cause);
  });
  if (response.ok) return response;
  const problem = await problemOf(response);
  if (problem.status === 401 && !('credential' in asked)) sessionEnded(problem);
  throw problem;
}

/** What was thrown, as a problem. */
export function asProblem(thrown: unknown): ApiProblem {
  return thrown instanceof ApiProblem ? thrown : noAnswer(thrown);
}

/** A path of the API with its parts percent-encoded. */
export function apiPath(strings: TemplateStringsArray, ...parts: readonly string[]): string {
  return String.raw({ raw: strings }, ...parts.map(encodeURIComponent));
}
