import type { JsonObject } from '../../schemas/index.ts';
import type { Terminal } from '../terminal.ts';
import { apiPath, type Client } from './http.ts';
import type { LineWriter } from './log-lines.ts';
import { textIn } from './output.ts';
import { followStream } from './reconnect.ts';

/** A run of a server that is followed, and what of its log. */
export interface FollowedRun {
  readonly run: string;
  readonly query?: Readonly<Record<string, string | undefined>>;
  readonly write: LineWriter;
  /** Aborts where somebody has had enough. */
  readonly signal: AbortSignal;
}

/** How it came to its end. */
export type FollowedEnd = { readonly kind: 'ended'; readonly status: string } | { readonly kind: 'interrupted' };

/** Shows what a run of a server logs until it ends, also over restarts of the server. */
export async function followRun(terminal: Terminal, client: Client, followed: FollowedRun): Promise<FollowedEnd> {
  const { run, query = {}, write, signal } = followed;
  const end = await followStream(terminal, client, {
    request: { path: apiPath`v1/workflows/${run}/logs`, query },
    each: async (line: JsonObject) => {
      write(line);
      await terminal.stdout.ready();
    },
    signal,
  });
  if (end.kind === 'interrupted') return end;
  return { kind: 'ended', status: textIn(end.data['status']) };
}

/** Aborts with the first Ctrl-C or SIGTERM, until it is disposed of. */
export function interruptSignal({
  onInterrupt,
}: Pick<Terminal, 'onInterrupt'>): Disposable & { readonly signal: AbortSignal } {
  const interrupted = new AbortController();
  const stop = onInterrupt(() => interrupted.abort());
  return { signal: interrupted.signal, [Symbol.dispose]: stop };
}
