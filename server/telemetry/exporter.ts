import type { Logger } from 'winston';
import type { ServerClock } from '../parts.ts';
import { otlpTraces } from './otlp.ts';
import type { TelemetrySettings } from './settings.ts';
import type { Span, Spans } from './span.ts';

/** What came of a batch: the collector has it, or can't take it now, or never will. */
export type Sent =
  | { readonly kind: 'taken' }
  | { readonly kind: 'later'; readonly reason: string; readonly afterMs?: number }
  | { readonly kind: 'refused'; readonly reason: string };

/** Sends one batch; never rejects. */
export type Send = (settings: TelemetrySettings, body: string) => Promise<Sent>;

/** What is kept for a collector that doesn't answer, and how it is sent. */
const mostKept = 4096;
const batchSpans = 512;
const batchMs = 5000;
const firstRetryMs = 1000;
const longestRetryMs = 60_000;
/** A shutdown waits so long for the last batch. */
const lastBatchMs = 3000;

export interface ExporterParts {
  readonly settings: TelemetrySettings;
  readonly send: Send;
  readonly clock: ServerClock;
  readonly log: Logger;
}

/**
 * Sends spans in batches, one after the other. A collector that is away costs what {@link mostKept} spans take and a line in the log;
 * what comes beyond that is dropped.
 */
export function createSpanExporter(parts: ExporterParts): Spans & AsyncDisposable {
  return new SpanExporter(parts);
}

class SpanExporter implements Spans, AsyncDisposable {
  readonly #parts: ExporterParts;
  #kept: Span[] = [];
  #dropped = 0;
  #retryMs = 0;
  #sending: Promise<void> | undefined;
  #cancelTimer: (() => void) | undefined;

  constructor(parts: ExporterParts) {
    this.#parts = parts;
  }

  ended(span: Span): void {
    if (!span.context.sampled) return;
    if (this.#kept.length >= mostKept) {
      this.#dropped += 1;
      return;
    }
    this.#kept.push(span);
    if (this.#retryMs > 0) return;
    if (this.#kept.length >= batchSpans) this.#sendSoon(0);
    else if (this.#cancelTimer === undefined) this.#sendSoon(batchMs);
  }

  /** Sends what is left, if the collector takes it at once. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#cancelTimer?.();
    const { clock } = this.#parts;
    let cancel = (): void => {};
    const patience = new Promise<void>((resolve) => (cancel = clock.after(lastBatchMs, resolve)));
    const last = async (): Promise<void> => {
      await this.#sending;
      while (this.#kept.length > 0 && (await this.#sendBatch()) !== 'later');
    };
    await Promise.race([last(), patience]);
    cancel();
    this.#cancelTimer?.();
  }

  #sendSoon(ms: number): void {
    this.#cancelTimer?.();
    this.#cancelTimer = this.#parts.clock.after(ms, () => {
      this.#cancelTimer = undefined;
      this.#sending ??= this.#sendAll().finally(() => {
        this.#sending = undefined;
      });
    });
  }

  async #sendAll(): Promise<void> {
    while (this.#kept.length > 0) {
      if ((await this.#sendBatch()) === 'later') return;
    }
  }

  async #sendBatch(): Promise<Sent['kind']> {
    const { settings, send, log } = this.#parts;
    const batch = this.#kept.slice(0, batchSpans);
    const sent = await send(settings, otlpTraces(batch, settings.resource));
    if (sent.kind === 'later') {
      if (this.#retryMs === 0) log.warn('spans can not be exported for now', { reason: sent.reason });
      this.#retryMs = Math.min(longestRetryMs, Math.max(firstRetryMs, this.#retryMs * 2, sent.afterMs ?? 0));
      this.#sendSoon(this.#retryMs);
      return sent.kind;
    }
    this.#retryMs = 0;
    this.#kept = this.#kept.slice(batch.length);
    if (sent.kind === 'refused') log.warn('spans were refused', { reason: sent.reason, spans: batch.length });
    if (this.#dropped > 0) log.warn('spans were dropped', { spans: this.#dropped });
    this.#dropped = 0;
    return sent.kind;
  }
}
