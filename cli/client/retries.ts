import type { Terminal } from '../terminal.ts';
import { type Answer, type Client, type ClientRequest, mayPass } from './http.ts';
import { NoAnswer } from './no-answer.ts';
import { pause } from './reconnect.ts';

/** Between two attempts, in ms: a proxy may need a moment to notice that a server is gone, and a server some seconds to start. */
const waitsMs = [250, 500, 1000, 2000, 4000];

/**
 * Sends a request, and sends it again for so long where no answer came, or one that a server gives while it starts or ends. Only for
 * requests that count once however often they arrive. Gives or throws what came last. Whoever waits is told so, once.
 */
export async function sendPatiently(
  terminal: Pick<Terminal, 'stderr' | 'now' | 'every'>,
  client: Client,
  { request, retryForMs }: { readonly request: ClientRequest; readonly retryForMs: number },
): Promise<Answer> {
  const until = terminal.now() + retryForMs;
  for (let attempts = 0; ; attempts += 1) {
    const outcome = await client.send(request).catch(noAnswerOf);
    const left = until - terminal.now();
    if (left <= 0 || !isWorthAnother(outcome)) {
      if (outcome instanceof NoAnswer) throw outcome;
      return outcome;
    }
    if (attempts === 1) {
      terminal.stderr.write(`${client.target.url.origin} does not answer; trying again (Ctrl-C ends this)\n`);
    }
    const wait = waitsMs[Math.min(attempts, waitsMs.length - 1)] ?? 0;
    await pause(terminal, Math.min(wait, left), new AbortController().signal);
  }
}

function noAnswerOf(cause: unknown): NoAnswer {
  if (cause instanceof NoAnswer) return cause;
  throw cause;
}

function isWorthAnother(outcome: Answer | NoAnswer): boolean {
  return outcome instanceof NoAnswer ? outcome.mayPass : !outcome.ok && mayPass(outcome.status);
}
