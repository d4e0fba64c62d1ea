import type { IncomingHttpHeaders } from 'node:http';
import type { CallRow } from '../../storage/records/port.ts';
import type { Permission, Principal } from '../auth/principal.ts';

/** What tells who asks. */
export interface Caller {
  readonly headers: IncomingHttpHeaders;
  /** The client's address, behind proxies that are trusted. */
  readonly remote: string;
}

/** How requests are let in and written down; what is left out lets nobody in but to `public` operations. */
export interface Access {
  /** Who asks. Rejects with UNAUTHENTICATED, which counts as a failure of that address. */
  readonly authenticate: (caller: Caller) => Promise<Principal>;
  /** Whether they may. */
  readonly permits: (principal: Principal, permission: Permission) => boolean;
  /** Told of each call after its answer has ended. Must not throw. */
  readonly record?: (call: CallRow) => void;
}
