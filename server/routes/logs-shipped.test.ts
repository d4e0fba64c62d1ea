import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventsOf, linesOf } from '../../e2e/log-client.ts';
import { type ServerWithEngine, startServerWithEngine } from '../../e2e/server-with-engine.ts';
import { testAdmin } from '../testing/start-server.ts';
import { agentRoutes } from './agent.ts';
import { logsRoutes } from './logs.ts';

let server: ServerWithEngine;
beforeAll(async () => {
  server = await startServerWithEngine({
    routes: (parts) => [...logsRoutes(parts), ...agentRoutes(parts)],
    principals: { agent: { ...testAdmin, role: 'agent' } },
  });
});
afterAll(() => server[Symbol.asyncDispose]());

const get = (path: string, headers: Readonly<Record<string, string>> = {}): Promise<Response> =>
  fetch(`${server.url}/v1/workflows/${path}`, { headers });

/** What an agent on another machine wrote for a job of a run. */
async function ship(
  run: string,
  parts: readonly { readonly sequence: number; readonly text: string; readonly at?: string }[],
) {
  const lines = parts.map(({ at = new Date().toISOString(), ...part }) =>
    JSON.stringify({ run, job: 'remote', step: '0', job_attempt: 1, attempt: 1, at, stream: 'stdout', ...part }),
  );
  const response = await fetch(`${server.url}/v1/agent/logs`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-ndjson', 'x-test-by': 'agent' },
    body: `${lines.join('\n')}\n`,
  });
  expect(response.status).toBe(200);
}

/** A job of the server's own agent says 1, 2, 3…, each soon after the other. */
const counting = (to: number): string => `name: counting
on: manual
jobs:
  local: { steps: [{ run: 'for n in $(seq ${to}); do echo "local $n"; sleep 0.02; done' }] }
`;
/** Ends once it is told, too: a busy machine may take longer to ship than to count. */
const awaited = (to: number): string =>
  `${counting(to)}  shipping: { steps: [{ uses: wait-for@v1, with: { signal: shipped } }] }\n`;
const silent = 'name: silent\non: manual\njobs: { local: { steps: [{ uses: sleep@v1, with: { duration: 1s } }] } }\n';

interface Line {
  readonly text: string;
  readonly position: string;
  readonly at: string;
}

async function linesIn(response: Response): Promise<readonly Line[]> {
  const lines: Line[] = [];
  for await (const line of linesOf(response)) lines.push(JSON.parse(line));
  return lines;
}

const textsIn = (lines: readonly Line[]): readonly string[] => lines.map(({ text }) => text);
const numbered = (name: string, count: number): readonly string[] =>
  Array.from({ length: count }, (_, index) => `${name} ${index + 1}`);

/** A run of whose log the engine has one half and agents shipped the other. */
async function mixedRun(count: number): Promise<string> {
  const run = await server.submit(counting(count));
  await server.reach(run);
  const local = await linesIn(await get(`${run}/logs`));
  await ship(
    run,
    // Each right behind the line of the same number; no part ends with a line.
    local.map(({ at }, index) => ({ sequence: index + 1, at, text: `${index === 0 ? '' : '\n'}remote ${index + 1}` })),
  );
  return run;
}

describe('the log of a run that agents on other machines carried out, too', () => {
  it('is one, in the order of its times', async () => {
    const run = await mixedRun(5);
    const lines = await linesIn(await get(`${run}/logs`));
    const local = lines.filter(({ text }) => text.startsWith('local'));
    expect(textsIn(local)).toEqual(numbered('local', 5));
    // A busy machine has several within a millisecond: the engine's own then come before those of agents.
    const times = [...new Set(local.map(({ at }) => at))];
    const together = times.map((at) => textsIn(local.filter((line) => line.at === at)));
    const expected = together.flatMap((texts) => [...texts, ...texts.map((text) => text.replace('local', 'remote'))]);
    expect(textsIn(lines)).toEqual(expected);
  });

  it('is of the agents alone where the engine has none', async () => {
    const run = await server.submit(silent);
    await ship(run, [{ sequence: 1, text: 'remote 1\nremote 2\nremote 3' }]);
    expect(textsIn(await linesIn(await get(`${run}/logs?tail=1&follow=true`)))).toEqual(['remote 2', 'remote 3']);
    const text = await (await get(`${run}/logs?format=text`)).text();
    expect(text).toBe('[remote/0] remote 1\n[remote/0] remote 2\n[remote/0] remote 3\n');
  });

  it('goes on behind any line', async () => {
    const run = await mixedRun(6);
    const lines = await linesIn(await get(`${run}/logs`));
    expect(lines).toHaveLength(12);
    for (const [index, { position }] of lines.entries()) {
      const rest = textsIn(lines.slice(index + 1));
      expect(textsIn(await linesIn(await get(`${run}/logs?after=${encodeURIComponent(position)}`)))).toEqual(rest);
      const followed = await linesIn(await get(`${run}/logs?follow=true`, { 'last-event-id': position }));
      expect(textsIn(followed)).toEqual(rest);
    }
  });

  it('has last lines, behind which it goes on', async () => {
    const run = await mixedRun(6);
    const lines = await linesIn(await get(`${run}/logs`));
    for (const tail of [0, 1, 2, 3, 7, 12, 20]) {
      const last = await linesIn(await get(`${run}/logs?tail=${tail}`));
      expect(textsIn(last)).toEqual(tail === 0 ? [] : textsIn(lines.slice(-tail)));
      for (const [index, { position }] of last.entries()) {
        const rest = await linesIn(await get(`${run}/logs?after=${position}`));
        expect(textsIn(rest)).toEqual(textsIn(last.slice(index + 1)));
      }
    }
  });

  it('is selected', async () => {
    const run = await mixedRun(3);
    for (const job of ['local', 'remote']) {
      expect(textsIn(await linesIn(await get(`${run}/logs?job=${job}`)))).toEqual(numbered(job, 3));
      expect(textsIn(await linesIn(await get(`${run}/logs?job=${job}&tail=1`)))).toEqual([`${job} 3`]);
    }
  });

  it('is followed as it comes from both, over connections that break, without a gap or a repetition', async () => {
    const count = 100;
    const run = await server.submit(awaited(count));
    let shipped = 0;
    const shipping = (async () => {
      while (shipped < count) {
        await ship(run, [
          { sequence: 2 * shipped + 1, text: 'remote ' },
          { sequence: 2 * shipped + 2, text: `${shipped + 1}\n` },
        ]);
        shipped += 1;
      }
      const waits = async () => (await server.reach(run, 'running', 'waiting'))['awaits'];
      await expect.poll(waits).toHaveLength(1);
      const told = await server.send('POST', `/v1/workflows/${run}/signals`, { json: { name: 'shipped' } });
      expect(told.status).toBe(202);
    })();
    const seen: string[] = [];
    let last = '';
    let connections = 0;
    for (let ended = false; !ended; connections += 1) {
      let taken = 0;
      const headers = { accept: 'text/event-stream', ...(last === '' ? {} : { 'last-event-id': last }) };
      for await (const { event, id, data } of eventsOf(await get(`${run}/logs`, headers))) {
        ended = event === 'end';
        if (event !== 'message') continue;
        seen.push(JSON.parse(data).text);
        last = id ?? '';
        taken += 1;
        if (taken === 9) break;
      }
    }
    await shipping;
    expect(connections).toBeGreaterThan(10);
    for (const name of ['local', 'remote']) {
      expect(seen.filter((text) => text.startsWith(name))).toEqual(numbered(name, count));
    }
  });

  it('tells a shipped line while the run goes on', async () => {
    const run = await server.submit(silent);
    const response = await get(`${run}/logs`, { accept: 'text/event-stream' });
    await ship(run, [{ sequence: 1, text: 'hello\n' }]);
    const told: string[] = [];
    for await (const { event, data } of eventsOf(response)) {
      told.push(event === 'message' ? JSON.parse(data).text : event);
      if (event === 'message') break;
    }
    expect(told).toEqual(['hello']);
  });
});
