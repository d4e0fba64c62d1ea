import type { RunId } from '../../../schemas/index.ts';
import type { LogSegment, PlacedSegment } from '../../../storage/index.ts';
import { lastLinesOf } from '../log-tails.ts';
import type { RunLogs } from '../readings.ts';

/** For tests: logs that are kept as long as their object is. */
export class MemoryLogs implements RunLogs {
  readonly #segments = new Map<RunId, PlacedSegment[]>();
  readonly #watchers = new Map<RunId, Set<() => void>>();

  /** Keeps what an agent ships. */
  append(run: RunId, segment: LogSegment): void {
    const kept = this.#segments.get(run) ?? [];
    this.#segments.set(run, kept);
    kept.push({ ...segment, position: kept.length + 1 });
    for (const changed of this.#watchers.get(run) ?? []) changed();
  }

  async *read(run: RunId, after: number): AsyncGenerator<PlacedSegment, void, undefined> {
    yield* (this.#segments.get(run) ?? []).slice(after);
  }

  async last(run: RunId): Promise<number> {
    return this.#segments.get(run)?.length ?? 0;
  }

  async tail(run: RunId, step: Parameters<RunLogs['tail']>[1], lines: number): Promise<string> {
    const texts = (this.#segments.get(run) ?? []).filter(
      (segment) =>
        segment.job === step.job &&
        segment.step === step.step &&
        segment.job_attempt === step.job_attempt &&
        segment.attempt === step.attempt,
    );
    return lastLinesOf(texts.map(({ text }) => text).join(''), lines);
  }

  async remove(run: RunId): Promise<void> {
    this.#segments.delete(run);
  }

  watch(run: RunId, changed: () => void): Disposable {
    const watchers = this.#watchers.get(run) ?? new Set();
    this.#watchers.set(run, watchers);
    watchers.add(changed);
    return { [Symbol.dispose]: () => watchers.delete(changed) };
  }
}
