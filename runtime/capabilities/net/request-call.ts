import type { Authorized } from '../../grants/api.ts';
import type { CallScope } from '../capability.ts';
import type { Deadline } from '../deadline.ts';
import type { NetArgs } from './call.ts';
import type { NetPowers } from './powers.ts';
import type { NetEffective } from './rule.ts';

/** A request under way: what every part of it needs. */
export interface RequestCall {
  readonly authorized: Authorized<NetArgs, NetEffective>;
  readonly scope: CallScope;
  readonly powers: NetPowers;
  /** Of the call and of its invocation. */
  readonly signal: AbortSignal;
  readonly deadline: Deadline;
  /** Secrets whose values went out. */
  readonly used: Set<string>;
  /** In which other forms they went out, with the placeholder of each. */
  readonly encoded: Map<string, string>;
}

/** The workspace file that the response goes to, if so. */
export function wantsFile(args: NetArgs): string | undefined {
  return typeof args.response === 'object' ? args.response.file : undefined;
}
