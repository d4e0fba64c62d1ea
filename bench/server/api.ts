import { setTimeout } from 'node:timers/promises';
import type { Served } from './process.ts';

/** What is asked of a server between loads. */
export interface Api {
  /** The id of a new run. */
  readonly submit: (workflow: string) => Promise<string>;
  /** A run with its jobs and steps. */
  readonly show: (run: string) => Promise<Shown>;
  /** Resolves when a run has one of these statuses. */
  readonly reach: (run: string, ...statuses: readonly string[]) => Promise<void>;
  readonly signal: (run: string, name: string) => Promise<void>;
}

/** A part of a run. */
export interface Shown {
  readonly status: string;
  readonly created_at: string;
  readonly ended_at?: string;
}

const pollMs = 100;

/** Asks a server; whatever isn't answered as it should be throws. */
export function apiOf({ url, headers }: Pick<Served, 'url' | 'headers'>): Api {
  const ask = async (path: string, body?: { readonly type: string; readonly text: string }): Promise<unknown> => {
    const post =
      body && ({ method: 'POST', body: body.text, headers: { ...headers, 'content-type': body.type } } as const);
    const answer = await fetch(new URL(path, url), post ?? { headers });
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
    return answer.json();
  };
  // The API's own schemas say that it answers so.
  const show = async (run: string): Promise<Shown> => (await ask(`/v1/workflows/${run}`)) as Shown;
  return {
    show,
    async submit(workflow) {
      const { id } = (await ask('/v1/workflows', { type: 'application/yaml', text: workflow })) as { id: string };
      return id;
    },
    async reach(run, ...statuses) {
      for (;;) {
        const { status } = await show(run);
        if (statuses.includes(status)) return;
        if (status === 'failure') throw new Error(`${run} has failed: ${JSON.stringify(await show(run))}`);
        await setTimeout(pollMs);
      }
    },
    async signal(run, name) {
      await ask(`/v1/workflows/${run}/signals`, { type: 'application/json', text: JSON.stringify({ name }) });
    },
  };
}
