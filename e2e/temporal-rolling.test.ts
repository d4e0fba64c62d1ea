/** Two servers behind nginx are restarted one after the other while runs are submitted, go on and are followed: nobody misses anything. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, describe, expect, it } from 'vitest';
import { createClient } from '../cli/client/http.ts';
import { followStream } from '../cli/client/reconnect.ts';
import { runCommandLine } from '../cli/main.ts';
import { testTerminal } from '../cli/testing/terminal.ts';
import { startTemporal } from '../engine/temporal/testing/temporal-server.ts';
import type { JsonObject } from '../schemas/index.ts';
import { startPostgres } from '../storage/records/testing/postgres.ts';
import { freePort, nginxBefore } from './nginx-servers.ts';
import { needs } from './require.ts';
import { type ServerProcess, serverPlace } from './server-process.ts';
import { beginAgent, beginServer, temporalPlace } from './temporal-world.ts';

const counting = `
name: counting
on: { manual: { inputs: { number: { type: string, required: true } } } }
jobs:
  work:
    runs-on: work
    # On a machine that is as busy as one with all tests, a task may be lost on its way to the agent.
    lost-after: 30s
    retry: { attempts: 3, on: [lost] }
    steps:
      - run: for n in 1 2 3; do echo "$NUMBER line $n"; sleep 0.3; done
        env: { NUMBER: "\${{ inputs.number }}" }
      - run: echo "$NUMBER over"
        env: { NUMBER: "\${{ inputs.number }}" }
`;
const lines = ['line 1', 'line 2', 'line 3', 'over'];
const apiKey = 'the-key-of-a-test-that-is-long-enough';
const mostRuns = 50;
/** Between two submissions, in ms: a restart takes some of them. */
const paceMs = 300;
/** Where restarts take long, there are more runs, and they come more slowly. */
const laterPaceMs = 3000;
const betweenRestartsMs = 2000;
const restarts = [
  [0, 'SIGTERM'],
  [1, 'SIGTERM'],
  [0, 'SIGKILL'],
] as const;

const isThere = (await needs('temporal')) && (await needs('postgres')) && (await needs('nginx'));
const postgres = isThere ? await startPostgres({ durable: false }) : undefined;
afterAll(() => postgres?.[Symbol.asyncDispose]());

/** Who submits a run by the command, and follows its log; and its events beside that. */
async function submitted(url: string, folder: string, number: number) {
  const env = { WATERFLOW_SERVER_URL: url, WATERFLOW_API_KEY: apiKey, XDG_CONFIG_HOME: folder };
  const terminal = { ...testTerminal({ cwd: folder, env, now: Date.now }), every: everyMs };
  const argv = ['submit', 'counting.yml', '--input', `number=${number}`, '--idempotency-key', `rolling-${number}`];
  const code = await runCommandLine([...argv, '--json'], terminal);
  if (code !== 0) throw new Error(`exit code ${code}: ${terminal.written()}${terminal.complaints()}`);
  const { id: run } = JSON.parse(terminal.written()) as { readonly id: string }; // The command's own JSON.
  const logs = follow(url, `v1/workflows/${run}/logs`);
  const events = follow(url, `v1/workflows/${run}/events`);
  return { number, run, logs: await logs, events: await events };
}

async function follow(url: string, path: string) {
  const told: JsonObject[] = [];
  const terminal = { ...testTerminal({ now: Date.now }), every: everyMs };
  const client = clientOf(url);
  let connections = 0;
  const counted: typeof client = {
    ...client,
    stream(request) {
      connections += 1;
      return client.stream(request);
    },
  };
  const end = await followStream(terminal, counted, {
    request: { path },
    each: async (data) => void told.push(data),
    signal: new AbortController().signal,
  });
  return { told, end, connections };
}

function clientOf(url: string) {
  return createClient({ url: new URL(`${url}/`), apiKey, words: [] });
}

function everyMs(ms: number, callback: () => void): () => void {
  const timer = setInterval(callback, ms);
  return () => clearInterval(timer);
}

/** All that a stream holds when it is read once the run is over. */
async function kept(url: string, path: string): Promise<readonly JsonObject[]> {
  const response = await fetch(`${url}/${path}`, { headers: { authorization: `Bearer ${apiKey}` } });
  const text = await response.text();
  return text.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line) as JsonObject]));
}

/** Stops and starts servers, one after the other, and waits each time until the new one is ready. */
function roll(
  servers: ServerProcess[],
  begin: (index: 0 | 1) => Promise<ServerProcess>,
): { readonly isDone: () => boolean; readonly done: Promise<void> } {
  let isDone = false;
  const done = (async () => {
    for (const [index, signal] of restarts) {
      await sleep(betweenRestartsMs);
      servers[index]?.process.kill(signal);
      const ended = await servers[index]?.process.ended;
      expect(ended?.code).toBe(signal === 'SIGTERM' ? 0 : null);
      servers[index] = await begin(index);
    }
  })().finally(() => {
    isDone = true;
  });
  done.catch(() => {});
  return { isDone: () => isDone, done };
}

/** What the job's last attempt wrote. */
function textsOf(told: readonly JsonObject[], attempt: number): readonly unknown[] {
  return told.flatMap((line) => (line['job_attempt'] === attempt ? [line['text']] : []));
}

describe.skipIf(!isThere)('two servers on Temporal behind nginx', { timeout: 900_000 }, () => {
  it('lose no submission, line or event when each is stopped, killed and started again amid fifty runs', async () => {
    await using temporal = await startTemporal();
    const DATABASE_URL = (await postgres?.createDatabase()) ?? '';
    const config = 'trusted-proxies: [127.0.0.1]\n';
    const at = temporalPlace(temporal, {
      namespace: 'default',
      files: { 'counting.yml': counting, 'server.yaml': config },
      env: { DATABASE_URL, API_KEY: apiKey },
    });
    const second = serverPlace({ 'server.yaml': config });
    const ports = [String(await freePort()), String(await freePort())] as const;
    const begin = (index: 0 | 1): Promise<ServerProcess> => {
      const place = index === 0 ? at.place : second;
      return beginServer(at, { place, port: ports[index], argv: ['--config', `${place.folder}/server.yaml`] });
    };
    const servers = [await begin(0), await begin(1)];
    const url = await nginxBefore(ports);
    await beginAgent(at, { url }, {}, ['--task-queues', 'work=4']);
    const rolling = roll(servers, begin);
    const runs: Awaited<ReturnType<typeof submitted>>[] = [];
    const failures: string[] = [];
    const submissions: Promise<void>[] = [];
    const submit = async (number: number): Promise<void> => {
      try {
        runs.push(await submitted(url, at.place.folder, number));
      } catch (cause) {
        failures.push(`submission ${number}: ${String(cause)}`);
      }
    };
    while (!rolling.isDone() || submissions.length < mostRuns) {
      submissions.push(submit(submissions.length));
      await sleep(submissions.length < mostRuns ? paceMs : laterPaceMs);
    }
    await rolling.done;
    await Promise.all(submissions);
    expect(failures).toEqual([]);

    expect(new Set(runs.map(({ run }) => run)).size).toBe(runs.length);
    // Some streams of each kind lost their connection, or nobody was followed over a restart.
    expect(runs.filter(({ logs }) => logs.connections > 1)).not.toEqual([]);
    expect(runs.filter(({ events }) => events.connections > 1)).not.toEqual([]);
    for (const { number, run, logs, events } of runs) {
      const { jobs } = await clientOf(url).ask({ path: `v1/workflows/${run}` });
      const { work } = jobs as { readonly work: { readonly status: string; readonly attempts: number } }; // As the API says.
      expect({ number, ...work }).toMatchObject({ number, status: 'success' });
      const end = { kind: 'ended', data: { status: 'success' } };
      expect({ number, logs: logs.end, events: events.end }).toMatchObject({ number, logs: end, events: end });
      const texts = lines.map((line) => `${number} ${line}`);
      expect(textsOf(logs.told, work.attempts)).toEqual(texts);
      expect(events.told.map(({ sequence }) => sequence)).toEqual(events.told.map((_, index) => index + 1));
      for (const server of servers) {
        expect(textsOf(await kept(server.url, `v1/workflows/${run}/logs`), work.attempts)).toEqual(texts);
        expect(await kept(server.url, `v1/workflows/${run}/events`)).toEqual(events.told);
      }
    }
    const listed = await clientOf(url).ask({ path: 'v1/workflows', query: { limit: 200 } });
    const rows = listed['workflows'] as readonly { readonly id: string; readonly status: string }[]; // As the API says.
    expect(rows.length).toBe(runs.length);
    expect(new Set(rows.map(({ status }) => status))).toEqual(new Set(['success']));
  });
});
