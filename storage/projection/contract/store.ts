import type { EmptyPlace } from '../../records/contract/store.ts';
import type { Session } from '../../records/session.ts';
import { openSession, type RecordsPlace } from '../../records/session-at.ts';
import { openProjection } from '../open.ts';
import type { Projection } from '../port.ts';
import { projectionHistory, projectionMigrations } from '../schema.ts';

/** An empty projection of one test's own. */
export interface TestProjection extends AsyncDisposable {
  readonly place: RecordsPlace;
  /** A handle of its own, as another server would have it. Disposed of with the projection. */
  open(): Promise<Projection>;
}

export type MakeProjection = () => Promise<TestProjection>;

/** A projection in an empty place. */
export function projectionAt({ place, remove }: EmptyPlace): TestProjection {
  const handles: Projection[] = [];
  return {
    place,
    async open() {
      const handle = await openProjection(place);
      handles.push(handle);
      return handle;
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(handles.map((handle) => handle[Symbol.asyncDispose]()));
      await remove();
    },
  };
}

/** For tests that leave the tables as only a crash or a damage does. */
export function openTables(place: RecordsPlace): Promise<Session> {
  return openSession(place, { migrations: projectionMigrations, history: projectionHistory, now: Date.now });
}
