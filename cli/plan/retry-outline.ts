import type { RetryPolicy } from '../../schemas/index.ts';
import type { RetryOutline } from './api.ts';
import { type Known, shown } from './known.ts';

/** `retry:` of a job or step. */
export function retryOutline({ attempts, ...policy }: RetryPolicy, known: Known): RetryOutline {
  return { attempts: shown(attempts, known), ...policy };
}
