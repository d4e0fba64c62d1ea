import { type ReadonlySignal, type Signal, signal } from '@preact/signals';
import { apiPath, asProblem, send } from '../../../api/client.ts';
import { linesOf } from '../../../api/lines.ts';
import type { ApiProblem } from '../../../api/problem.ts';
import type { RunEvent } from '../../../api/types.ts';

/** What is there of a run's events. */
export interface Events {
  readonly events: readonly RunEvent[];
  readonly problem: ApiProblem | undefined;
}

/** A stream that broke off is taken up again after so long. */
const againMs = 1500;
/** Events are shown together that come within so long. */
const shownEachMs = 200;

/** The events of a run, those that come, too, until it has ended. */
export class EventFeed implements Disposable {
  readonly #run: string;
  readonly #over = new AbortController();
  readonly #state: Signal<Events> = signal({ events: [], problem: undefined });
  #fresh: RunEvent[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;
  #last = 0;

  constructor(run: string) {
    this.#run = run;
    void this.#follow();
  }

  get state(): ReadonlySignal<Events> {
    return this.#state;
  }

  [Symbol.dispose](): void {
    this.#over.abort();
    clearTimeout(this.#timer);
  }

  async #follow(): Promise<void> {
    let failures = 0;
    for (;;) {
      try {
        const response = await send(apiPath`v1/workflows/${this.#run}/events`, {
          query: { after: this.#last, follow: true },
          accept: 'application/x-ndjson',
          signal: this.#over.signal,
        });
        this.#state.value = { ...this.#state.value, problem: undefined };
        failures = 0;
        for await (const text of linesOf(response)) {
          // Each is a RunEvent, as docs/rest-api.md has it.
          if (text !== '') this.#add(JSON.parse(text) as RunEvent);
        }
        return this.#flush();
      } catch (thrown) {
        if (this.#over.signal.aborted) return;
        const problem = asProblem(thrown);
        const isRefused = problem.status >= 400 && problem.status < 500 && problem.status !== 429;
        // Whatever lies between may end a connection on which nothing comes.
        if (failures > 0 || isRefused) this.#state.value = { ...this.#state.value, problem };
        failures += 1;
        // What the server says no to stays so.
        if (isRefused) return;
        await new Promise((resolve) => setTimeout(resolve, (problem.retryAfter ?? 0) * 1000 || againMs));
        if (this.#over.signal.aborted) return;
      }
    }
  }

  #add(event: RunEvent): void {
    this.#fresh.push(event);
    this.#last = event.sequence;
    this.#timer ??= setTimeout(() => this.#flush(), shownEachMs);
  }

  #flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const fresh = this.#fresh;
    this.#fresh = [];
    this.#state.value = { events: [...this.#state.value.events, ...fresh], problem: undefined };
  }
}
