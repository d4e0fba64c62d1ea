import { assertNever, type ErrorCode, errorKinds, type RetryClass } from '../../schemas/index.ts';

/**
 * The retry class of a step that ended with this error; undefined: it is never retried. A wrong input stays wrong, and broken
 * machinery is not the step's failure.
 */
export function retryClassOf(code: ErrorCode): RetryClass | undefined {
  if (code === 'TIMEOUT') {
    return 'timeout';
  }
  if (code === 'AGENT_LOST') {
    return 'lost';
  }
  if (code === 'CANCELLED') {
    return undefined;
  }
  const kind = errorKinds[code];
  switch (kind) {
    case 'step':
      return 'failure';
    case 'denied':
      return 'denied';
    case 'limit':
      return 'limit';
    case 'input':
    case 'machinery':
      return undefined;
    default:
      return assertNever(kind);
  }
}
