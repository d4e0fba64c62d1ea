import type { ShippedLogsPlace } from '../open.ts';
import { openShippedLogs } from '../open.ts';
import type { ShippedLogs } from '../port.ts';

/** Where nothing is yet. */
export interface EmptyPlace {
  readonly place: ShippedLogsPlace;
  readonly remove: () => void;
}

/** An empty store of one test's own. */
export interface TestLogs extends AsyncDisposable {
  readonly place: ShippedLogsPlace;
  /** A handle of its own, as after a restart. Disposed of with the store. */
  open(options?: { readonly limitBytes?: number }): Promise<ShippedLogs>;
}

export type MakeLogs = () => Promise<TestLogs>;

/** A store in an empty place. */
export function logsAt({ place, remove }: EmptyPlace): TestLogs {
  const handles: ShippedLogs[] = [];
  return {
    place,
    async open(options) {
      const handle = await openShippedLogs(place, options);
      handles.push(handle);
      return handle;
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(handles.map((handle) => handle[Symbol.asyncDispose]()));
      remove();
    },
  };
}
