import { WaterflowFailure } from '../../../schemas/index.ts';
import { alreadyThere, notKept } from '../failures.ts';

// SQLSTATEs, https://www.postgresql.org/docs/current/errcodes-appendix.html.
const uniqueViolation = '23505';
const foreignKeyViolation = '23503';
const rivalStates = new Set(['40001', '40P01']);
const spaceStates = new Set(['53100', '58030']);
const accessStates = new Set(['28000', '28P01', '3D000', '42501']);
/** Shut down by its operator, crashed, starting; and class 08, connections. */
const awayStates = /^(57P0[1-3]|08...|53300)$/;
const awayErrors = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOENT',
  'ENOTFOUND',
  'EPIPE',
  'ETIMEDOUT',
]);
/** Errors of pg 8.23 that have no code. */
const awayMessages =
  /^(Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection)/;

/** True where two transactions were in each other's way, and this one may be carried out again. */
export function isRivalry(cause: unknown): boolean {
  return rivalStates.has(codeOf(cause));
}

/** True where the connection is gone, or none could be made. */
export function isAway(cause: unknown): boolean {
  const code = codeOf(cause);
  if (awayErrors.has(code) || awayStates.test(code)) return true;
  return cause instanceof Error && awayMessages.test(cause.message);
}

/** True where no answer came in time; pg 8.23 gives it no code. */
function isUnanswered(cause: unknown): boolean {
  return cause instanceof Error && cause.message === 'Query read timeout';
}

/** What PostgreSQL refused, as a failure that callers and operators can act on. `place` holds no password. */
export function postgresqlFailure(
  cause: unknown,
  at: { readonly doing: string; readonly place: string },
): WaterflowFailure {
  if (cause instanceof WaterflowFailure) return cause;
  const code = codeOf(cause);
  if (code === uniqueViolation) return alreadyThere(at.doing, cause);
  if (code === foreignKeyViolation) return notKept(at.doing, cause);
  const reason = cause instanceof Error && cause.message !== '' ? cause.message : code;
  return new WaterflowFailure(
    {
      code: spaceStates.has(code) ? 'STORAGE_FULL' : 'STORAGE_FAILED',
      message: `could not ${at.doing}: ${at.place}: ${reason}`,
      remedy: remedyOf(cause, code),
    },
    { cause },
  );
}

/** The connection broke while a commit was under way: only the database knows how it ended. */
export function unknownOutcome(
  cause: unknown,
  at: { readonly doing: string; readonly place: string },
): WaterflowFailure {
  return new WaterflowFailure(
    {
      code: 'STORAGE_FAILED',
      message: `could not see whether it was possible to ${at.doing}: ${at.place} went away during the commit`,
      remedy:
        'Send the request again with the same Idempotency-Key, or look whether it took effect before you repeat it.',
    },
    { cause },
  );
}

function remedyOf(cause: unknown, code: string): string {
  if (spaceStates.has(code)) return "Free space on the database server's disk. What was acknowledged is intact.";
  if (accessStates.has(code)) {
    return 'Check user, password and database in DATABASE_URL, and that the user owns the database.';
  }
  if (code === '57014' || isUnanswered(cause)) return 'Look what the database is busy with; then ask again.';
  if (isAway(cause)) {
    return 'Check that PostgreSQL runs and is reachable at the address in DATABASE_URL. The server connects again by itself.';
  }
  return 'Look into the log of the database server, which says more.';
}

function codeOf(cause: unknown): string {
  return cause instanceof Error && 'code' in cause && typeof cause.code === 'string' ? cause.code : '';
}
