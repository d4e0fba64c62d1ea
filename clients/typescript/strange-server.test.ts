import { expect, it } from 'vitest';
import { strangeCalls, strangeServer, strangeStreams } from '../testing/strange-server.ts';
import { createClient, TimedOutError, WaterflowError } from './index.ts';

const run = 'run-01m8pmfjjyeapqpd6d2kgk4689';
/** A signal that none of these should need. */
const patience = (): AbortSignal => AbortSignal.timeout(30_000);

it.each(strangeCalls)('says in an error of its own that no server of Waterflow answers: %s', async (name) => {
  const client = createClient({ url: `${await strangeServer()}/${name}`, retryForMs: 0 });
  const answers = [
    client.getRun(run),
    client.submit({ workflow: 'on: manual' }),
    client.wait(run, { timeoutMs: 30_000 }),
    client.keys.list(),
    client.listRuns().pages().next(),
  ];
  for (const answer of await Promise.allSettled(answers)) {
    expect(answer).toMatchObject({ status: 'rejected', reason: { code: 'NO_ANSWER' } });
    expect(answer).toHaveProperty('reason', expect.any(WaterflowError));
  }
});

it.each(strangeStreams)('follows no stream of such a server: %s', async (name) => {
  const client = createClient({ url: `${await strangeServer()}/${name}`, retryForMs: 0 });
  const line = client.streamLogs(run, { reconnectForMs: 50, signal: patience() }).next();
  await expect(line).rejects.toMatchObject({ code: 'NO_ANSWER' });
});

it('waits no longer than it is told for a server that takes a request and never answers', async () => {
  const client = createClient({ url: `${await strangeServer()}/silent` });
  const waited = client.wait(run, { timeoutMs: 50.5, signal: patience() });
  await expect(waited).rejects.toBeInstanceOf(TimedOutError);
});
