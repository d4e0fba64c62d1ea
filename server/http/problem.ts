import {
  type Diagnostic,
  type ErrorCode,
  errorKinds,
  type JsonObject,
  outOfRoom,
  type WaterflowError,
  WaterflowFailure,
} from '../../schemas/index.ts';

/** What an answer has beside its error. */
export interface ProblemExtras {
  /** Every single thing that is wrong, where there is more to say than the error itself. */
  readonly errors?: readonly WaterflowError[] | readonly Diagnostic[];
  /** Headers of the answer: `Allow`, `Retry-After`... */
  readonly headers?: Readonly<Record<string, string>>;
}

/** An error that becomes the answer, with a status of its own. */
export class HttpProblem extends Error {
  readonly status: number;
  readonly error: WaterflowError;
  readonly extras: ProblemExtras;

  constructor(status: number, error: WaterflowError, extras: ProblemExtras = {}) {
    super(error.message);
    this.name = 'HttpProblem';
    this.status = status;
    this.error = error;
    this.extras = extras;
  }
}

/** No path of the server's. */
export function nothingThere(remedy: string): HttpProblem {
  return new HttpProblem(404, { code: 'NOT_FOUND', message: 'there is nothing at this path', remedy });
}

const statuses: Partial<Record<ErrorCode, number>> = {
  // What a route's schemas refuse is 400; this is for what they can't say.
  INVALID_INPUT: 422,
  USAGE: 422,
  UNAUTHENTICATED: 401,
  WEBHOOK_REFUSED: 401,
  FORBIDDEN: 403,
  NOT_FOUND: 404,
  RUN_NOT_FOUND: 404,
  METHOD_NOT_ALLOWED: 405,
  CONFLICT: 409,
  RUN_STATE: 409,
  SIGNAL_REFUSED: 409,
  RUN_LOCKED: 409,
  SECRET_MISSING: 409,
  WORKSPACE_GONE: 409,
  BODY_TOO_LARGE: 413,
  UNSUPPORTED_MEDIA_TYPE: 415,
  RATE_LIMITED: 429,
  SERVER_UNAVAILABLE: 503,
  STORAGE_FULL: 503,
  STORAGE_FAILED: 503,
};

/** The status of an answer with that code: what is wrong with a workflow is 422, what broke here is 500. */
export function statusOf(code: ErrorCode): number {
  return statuses[code] ?? (errorKinds[code] === 'input' ? 422 : 500);
}

/** What was thrown, as the answer to give. What nobody thought of is INTERNAL, and says nothing of what it was. */
export function toProblem(thrown: unknown): HttpProblem {
  if (thrown instanceof HttpProblem) return thrown;
  if (thrown instanceof WaterflowFailure) return new HttpProblem(statusOf(thrown.error.code), thrown.error);
  const error = outOfRoom(thrown);
  if (error !== undefined) return new HttpProblem(statusOf(error.code), { ...error, message: 'the disk is full' });
  return new HttpProblem(500, {
    code: 'INTERNAL',
    message: 'the server failed to carry out the request',
    remedy: "Try again. If it happens again, look for the request's id in the server's log.",
  });
}

/** The body of a problem: RFC 9457, with our members. */
export function problemBody({ status, error, extras }: HttpProblem, requestId: string): JsonObject {
  const { code, message, remedy, ...place } = error;
  return {
    type: `urn:waterflow:error:${code}`,
    title: titleOf(code),
    status,
    detail: message,
    code,
    remedy,
    ...place,
    request_id: requestId,
    // Diagnostics are JSON: texts, numbers and lists of them.
    ...(extras.errors === undefined ? {} : { errors: extras.errors as unknown as readonly JsonObject[] }),
  };
}

function titleOf(code: ErrorCode): string {
  const words = code.toLowerCase().replaceAll('_', ' ');
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}`;
}
