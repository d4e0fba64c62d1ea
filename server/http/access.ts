import type { CallRow } from '../../storage/records/port.ts';
import type { Authenticate } from '../auth/authenticator.ts';

/** How requests are let in and written down. */
export interface Access {
  /** Who asks. UNAUTHENTICATED counts as a failure of that address. */
  readonly authenticate: Authenticate;
  /** Told of each call after its answer has ended. */
  readonly record?: (call: CallRow) => void;
}
