import type { Records } from './port.ts';
import type { Operation } from './sql.ts';

/** What a driver is: a way to carry out operations. Rejects with WaterflowFailure. */
export interface Session extends AsyncDisposable {
  readonly driver: Records['driver'];
  /** One statement that changes nothing. `doing` is for messages: `read a run`. */
  read<Result>(doing: string, operation: () => Operation<Result>): Promise<Result>;
  /** All of it or nothing, and durable when the promise resolves. */
  write<Result>(doing: string, operation: () => Operation<Result>): Promise<Result>;
}
