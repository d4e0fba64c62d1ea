import type { RecordedEvent } from '../../engine/port.ts';
import { assertNever, plainJson } from '../../schemas/index.ts';
import type { ServerClock } from '../parts.ts';
import { inBatches } from './batches.ts';
import { sseEvent, sseFailure, sseKeepAlive, sseOpening, type Writing } from './formats.ts';
import type { RunState } from './run-feed.ts';
import type { EventSources } from './sources.ts';

/** What comes of a run's events; see LogPart. */
export type EventPart =
  | { readonly kind: 'line'; readonly event: RecordedEvent }
  | { readonly kind: 'pause' }
  | { readonly kind: 'quiet' }
  | { readonly kind: 'end'; readonly state: RunState };

/** The events of a run after a sequence, in order; those that are there by now, or until the run has ended. */
export async function* readEvents(
  { written, state, feeds, clock }: EventSources & { readonly clock: ServerClock },
  { run, after, follow }: { readonly run: string; readonly after: number; readonly follow: boolean },
  signal: AbortSignal,
): AsyncGenerator<EventPart, void, undefined> {
  if (!follow) {
    const now = await state(run);
    if (now.begun) {
      for await (const batch of inBatches(written(run), after, clock)) yield* parts(batch);
    }
    yield { kind: 'end', state: now };
    return;
  }
  for await (const told of feeds.follow(run, after, signal)) {
    if (told.kind === 'items') yield* parts(told.items);
    else yield told.kind === 'ended' ? { kind: 'end', state: told.state } : told;
  }
}

function* parts(events: readonly RecordedEvent[]): Generator<EventPart, void, undefined> {
  for (const event of events) yield { kind: 'line', event };
  yield { kind: 'pause' };
}

/** How a run's events are written in a format. */
export function eventWriting(run: string, format: 'ndjson' | 'sse'): Writing<EventPart> {
  switch (format) {
    case 'ndjson':
      return {
        opening: '',
        part: (part) => (part.kind === 'line' ? `${plainJson(part.event)}\n` : ''),
        failure: () => undefined,
        interrupted: undefined,
      };
    case 'sse':
      return { opening: sseOpening, part: (part) => ssePart(run, part), failure: sseFailure, interrupted: '' };
    default:
      return assertNever(format);
  }
}

function ssePart(run: string, part: EventPart): string {
  switch (part.kind) {
    case 'line':
      return sseEvent(part.event, { id: String(part.event.sequence) });
    case 'end':
      return sseEvent({ run, status: part.state.status }, { event: 'end' });
    case 'quiet':
      return sseKeepAlive;
    case 'pause':
      return '';
    default:
      return assertNever(part);
  }
}
