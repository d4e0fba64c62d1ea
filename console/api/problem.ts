import type { ApiError } from './types.ts';

/** Why the server, or the way to it, did not give what was asked for. */
export class ApiProblem extends Error {
  /** 0: no answer came. */
  readonly status: number;
  readonly code: string;
  readonly remedy: string;
  readonly requestId: string | undefined;
  /** Each single problem, where there are several. */
  readonly errors: readonly ApiError[];
  /** Seconds after which it is worth trying again, where the server says so. */
  readonly retryAfter: number | undefined;

  constructor(
    status: number,
    {
      code,
      message,
      remedy,
      requestId,
      errors = [],
      retryAfter,
    }: {
      readonly code: string;
      readonly message: string;
      readonly remedy: string;
      readonly requestId?: string | undefined;
      readonly errors?: readonly ApiError[];
      readonly retryAfter?: number | undefined;
    },
  ) {
    super(message);
    this.name = 'ApiProblem';
    this.status = status;
    this.code = code;
    this.remedy = remedy;
    this.requestId = requestId;
    this.errors = errors;
    this.retryAfter = retryAfter;
  }
}

/** What an answer that is no success says. */
export async function problemOf(response: Response): Promise<ApiProblem> {
  const text = await response.text().catch(() => '');
  const body = parsed(text);
  const wait = Number(response.headers.get('retry-after') ?? Number.NaN);
  return new ApiProblem(response.status, {
    code: textOf(body['code']) ?? 'UNEXPECTED',
    message: textOf(body['detail']) ?? `${response.status} ${response.statusText}`.trim(),
    remedy: textOf(body['remedy']) ?? '',
    requestId: textOf(body['request_id']) ?? response.headers.get('x-request-id') ?? undefined,
    // The API says so of its problems.
    errors: Array.isArray(body['errors']) ? (body['errors'] as readonly ApiError[]) : [],
    retryAfter: Number.isFinite(wait) ? wait : undefined,
  });
}

/** A request that got no answer: the server is down, or the network is. */
export function noAnswer(cause: unknown): ApiProblem {
  return new ApiProblem(0, { code: 'NO_ANSWER', message: String(cause), remedy: '' });
}

function parsed(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    // An object of JSON has keys and nothing else.
    return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
  } catch {
    // A proxy's page, say.
    return {};
  }
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
