import type { Diagnostic, Problem } from './generated/models.ts';

/** Anything that this client throws, but what a caller's own AbortSignal gives as its reason. None holds a key, a secret or a request's body. */
export class WaterflowError extends Error {
  /** For programs: a code of the API, or of this client. */
  readonly code: string;
  /** For people: what to do about it. */
  readonly remedy: string | undefined;

  constructor(message: string, { code, remedy, cause }: WaterflowErrorDetails) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = new.target.name;
    this.code = code;
    this.remedy = remedy;
  }
}

/** What every error has beside its message. */
export interface WaterflowErrorDetails {
  readonly code: string;
  readonly remedy?: string | undefined;
  readonly cause?: unknown;
}

/** What a server answered to a request that it doesn't carry out (RFC 9457). Decide by the class, or by `status` and `code`. */
export class ApiError extends WaterflowError {
  readonly status: number;
  /** By which the server's log names the request. */
  readonly requestId: string | undefined;
  /** Each single thing that is wrong; those of a workflow file with `file`, `line` and `column`, both counted from 1. */
  readonly diagnostics: readonly Diagnostic[];
  /** How long the server wants to be left alone, in ms. */
  readonly retryAfterMs: number | undefined;

  constructor(problem: Partial<Problem>, { status, retryAfterMs }: Answered) {
    super(messageOf(problem, status), { code: problem.code ?? 'UNKNOWN', remedy: problem.remedy });
    this.status = status;
    this.requestId = problem.request_id;
    this.diagnostics = problem.errors ?? [];
    this.retryAfterMs = retryAfterMs;
  }
}

interface Answered {
  readonly status: number;
  readonly retryAfterMs?: number | undefined;
}

/** 400, 405, 408, 413, 415, 431: the request isn't as the API has it. */
export class InvalidRequestError extends ApiError {}
/** 401: there is no valid key or token. */
export class AuthenticationError extends ApiError {}
/** 403: the key or token may not do this. */
export class PermissionDeniedError extends ApiError {}
/** 404: there is no such thing, or it is another tenant's. */
export class NotFoundError extends ApiError {}
/** 409: what is there keeps it from that, such as a run that has ended. */
export class ConflictError extends ApiError {}
/** 422: a workflow, inputs or secrets are wrong; `diagnostics` has each problem. */
export class ValidationError extends ApiError {}
/** 429, after as many attempts as `retryForMs` allows. */
export class RateLimitError extends ApiError {}
/** 5xx: the server, or something that it needs, failed. */
export class ServerError extends ApiError {}

/** There was no answer of a Waterflow server. Where a request isn't sent again, it may have been carried out. */
export class NoAnswerError extends WaterflowError {
  /** No connection was made. Browsers don't tell. */
  readonly neverSent: boolean;

  constructor(
    message: string,
    { cause, neverSent = false }: { readonly cause?: unknown; readonly neverSent?: boolean } = {},
  ) {
    const remedy = 'Check the URL, and that the server runs: its /healthz says that it does.';
    super(message, { code: 'NO_ANSWER', remedy, cause });
    this.neverSent = neverSent;
  }
}

/** The error for an answer that is a success, and not one of Waterflow. */
export function notWaterflow(url: URL): WaterflowError {
  return new WaterflowError(`what ${url.origin} answered is no answer of Waterflow`, {
    code: 'NO_ANSWER',
    remedy: 'Check that the URL is that of a Waterflow server.',
  });
}

/** It took longer than the caller wanted to wait. */
export class TimedOutError extends WaterflowError {
  constructor(message: string) {
    super(message, { code: 'TIMED_OUT', remedy: 'Wait longer, or ask again later: a run goes on by itself.' });
  }
}

const classes: Readonly<Record<number, typeof ApiError>> = {
  401: AuthenticationError,
  403: PermissionDeniedError,
  404: NotFoundError,
  409: ConflictError,
  422: ValidationError,
  429: RateLimitError,
};

/** The error for an answer that isn't a success. */
export function apiError(problem: Partial<Problem>, answered: Answered): ApiError {
  const { status } = answered;
  const Class = classes[status] ?? (status >= 500 ? ServerError : InvalidRequestError);
  return new Class(problem, answered);
}

function messageOf({ detail, code, errors = [], ...place }: Partial<Problem>, status: number): string {
  const what = detail ?? `the server answered with status ${status}`;
  const [only] = errors;
  if (errors.length > 1) return `${what}\n${errors.map((error) => `  ${lineOf(error)}`).join('\n')}`;
  const where = placeOf(only ?? place);
  return `${what}${where === '' ? '' : ` (${where})`}${code === undefined ? '' : ` [${code}]`}`;
}

function lineOf(diagnostic: Diagnostic): string {
  const where = placeOf(diagnostic);
  return `${where === '' ? '' : `${where}: `}${diagnostic.message} [${diagnostic.code}]`;
}

function placeOf({ file, line, column, pointer }: Partial<Diagnostic>): string {
  if (file === undefined) return pointer ?? '';
  return [file, line, column].filter((part) => part !== undefined).join(':');
}
