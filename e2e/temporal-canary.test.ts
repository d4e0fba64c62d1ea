/** A secret is given to steps that let it out by every way that they have, on Temporal with real processes; then it is searched for everywhere. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import { afterAll, describe, expect, it, onTestFinished } from 'vitest';
import { startTemporal } from '../engine/temporal/testing/temporal-server.ts';
import { startPostgres } from '../storage/records/testing/postgres.ts';
import { found, type Place } from './canary-places.ts';
import { type CanaryWorld, openCanaryWorld } from './canary-world.ts';
import { needs } from './require.ts';
import { endedRun } from './server-process.ts';

const canary = 'canary-q7Zk3VxT9pLm2RwY8sNd';
const lines = 'first canary line/é "quoted" \\ 4hT7\nsecond canary line+& 9wQ2 with more';
/** No secret: it is found where it may be. */
const marker = 'marker-b5Hj1KcF6gXe0UaI4oPz';

/** `echo`: where somebody answers with what he is sent. */
const everywhere = (echo: string): string => `
name: everywhere
on:
  manual:
    inputs: { marker: { type: string, required: true } }
jobs:
  leaks:
    runs-on: work
    outputs:
      token: \${{ steps.prints.outputs.token }}
      marker: \${{ steps.prints.outputs.marker }}
    steps:
      - id: prints
        env:
          TOKEN: \${{ secrets.CANARY }}
          LINES: \${{ secrets.LINES }}
          WITHIN: "Bearer \${{ secrets.CANARY }}!"
          MARKER: \${{ inputs.marker }}
        run: |
          test "\${#TOKEN}" = ${canary.length} || exit 3
          echo "log $MARKER"
          echo "$TOKEN"; echo "$LINES"; echo "$WITHIN"; echo "$TOKEN" >&2
          printf %s "$TOKEN" | base64; printf %s "x$TOKEN" | base64; printf %s "xy$TOKEN" | base64 -w0; echo
          printf %s "$LINES" | base64 -w0; echo
          printf %s "$TOKEN" | cut -c1-9 | tr -d '\\n'; printf %s "$TOKEN" | cut -c10-
          echo "token=$TOKEN" >> "$WATERFLOW_OUTPUT"
          echo "marker=$MARKER" >> "$WATERFLOW_OUTPUT"
          printf 'lines<<END\\n%s\\nEND\\n' "$LINES" >> "$WATERFLOW_OUTPUT"
          echo "$TOKEN" > in-the-workspace
      - id: fails
        continue-on-error: true
        env: { TOKEN: "\${{ secrets.CANARY }}", LINES: "\${{ secrets.LINES }}" }
        run: echo "$TOKEN" >&2; echo "$LINES" >&2; exit 1
      - id: again
        continue-on-error: true
        retry: { attempts: 2, initial-interval: 1s }
        env: { TOKEN: "\${{ secrets.CANARY }}" }
        run: echo "attempt with $TOKEN" >&2; exit 4
      - id: late
        continue-on-error: true
        timeout-minutes: 0.05
        env: { TOKEN: "\${{ secrets.CANARY }}" }
        run: echo "late with $TOKEN"; sleep 300
      - id: asks
        uses: http@v1
        with:
          url: ${echo}/asks
          method: POST
          headers: { X-Token: "\${{ secrets.CANARY }}" }
          user: somebody
          password: "\${{ secrets.LINES }}"
          body: { marker: "\${{ inputs.marker }}" }
      - id: refused
        continue-on-error: true
        uses: http@v1
        with: { url: "${echo}/refused", headers: { X-Token: "\${{ secrets.CANARY }}" } }
      - id: shows
        env: { ANSWER: "\${{ steps.asks.outputs.body }}", TOKEN: "\${{ steps.prints.outputs.token }}" }
        run: echo "$ANSWER"; echo "$TOKEN"
  calls:
    uses: ./called.yml
    secrets: { TOKEN: "\${{ secrets.CANARY }}" }
  after:
    needs: leaks
    runs-on: work
    steps:
      - env: { TOKEN: "\${{ needs.leaks.outputs.token }}", MARKER: "\${{ needs.leaks.outputs.marker }}" }
        run: echo "after $TOKEN $MARKER"
`;

const called = `
name: called
on:
  workflow_call:
    secrets: { TOKEN: { required: true } }
    outputs: { token: "\${{ jobs.inner.outputs.token }}" }
jobs:
  inner:
    runs-on: work
    outputs: { token: "\${{ steps.uses.outputs.token }}" }
    steps:
      - id: uses
        env: { TOKEN: "\${{ secrets.TOKEN }}" }
        run: echo "called with $TOKEN"; echo "token=$TOKEN" >> "$WATERFLOW_OUTPUT"
`;

/** What somebody does who means to get a secret out: no redaction knows it. */
const leaking = `
name: leaking
on: manual
jobs:
  work:
    runs-on: work
    steps:
      - id: leak
        env: { TOKEN: "\${{ secrets.CANARY }}" }
        run: |
          digits=$(printf %s "$TOKEN" | od -An -v -tx1 | tr -d ' \\n')
          echo "$digits"
          echo "digits=$digits" >> "$WATERFLOW_OUTPUT"
`;

const isThere = await needs('temporal');
const hasPostgres = isThere && (await needs('postgres'));
const temporal = isThere ? await startTemporal({ namespaces: ['encrypted', 'clear', 'shared'] }) : undefined;
afterAll(() => temporal?.[Symbol.asyncDispose]());

/** Answers with what it is sent, until the test is over. */
async function echoing(): Promise<string> {
  const echo = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { authorization, 'x-token': token } = request.headers;
      const body = Buffer.concat(chunks).toString();
      response.writeHead(request.url === '/refused' ? 403 : 200, { 'x-echo': String(authorization ?? token) });
      response.end(JSON.stringify({ authorization, token, body }));
    });
  }).listen(0, '127.0.0.1');
  onTestFinished(() => void echo.close());
  await once(echo, 'listening');
  const address = echo.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return `http://127.0.0.1:${address.port}`;
}

function world(payloads: 'encrypted' | 'clear'): Promise<CanaryWorld> {
  if (temporal === undefined) throw new Error('there is no Temporal');
  return openCanaryWorld(temporal, { namespace: payloads, payloads });
}

const secrets = { CANARY: canary, LINES: lines };

/** Runs everything, and gives all places where something of it may be. */
async function placesAfterwards({ server, submit, places }: CanaryWorld): Promise<readonly Place[]> {
  const workflow = everywhere(await echoing());
  const run = await submit({ workflow, files: { 'called.yml': called }, secrets, inputs: { marker } });
  const ended = await endedRun(server, run);
  expect(ended).toMatchObject({ status: 'success' });
  // The steps had the values, and did what they were to do.
  expect(ended['jobs']).toMatchObject({
    leaks: {
      outputs: { marker },
      steps: {
        prints: { outcome: 'success' },
        fails: { outcome: 'failure', error: { code: 'STEP_FAILED', message: 'exit code 1' } },
        again: { outcome: 'failure', attempts: 2 },
        late: { outcome: 'failure', error: { code: 'TIMEOUT' } },
        asks: { outcome: 'success' },
        refused: { outcome: 'failure', error: { message: expect.stringContaining('403') } },
      },
    },
    after: { status: 'success' },
  });
  return await places(run);
}

/** The names of places, without runs and processes. */
const kindsOf = (places: readonly Place[]): readonly string[] =>
  places.map(({ where }) => where.replaceAll(/run-[0-9a-z]{26}(?:\/[^ ]*)?/gu, 'RUN'));

const temporals = (places: readonly Place[]): readonly Place[] =>
  places.filter(({ where }) => where.startsWith('temporal'));

describe.skipIf(!isThere)('a secret of a run on Temporal', { timeout: 240_000 }, () => {
  it('is found nowhere, whatever its steps do with it; and Temporal has no inputs and outputs either', async () => {
    const all = await placesAfterwards(await world('encrypted'));
    expect([...found(canary, all), ...found(lines, all)]).toEqual([]);
    expect(found(marker, temporals(all))).toEqual([]);
    // Where everybody is to find it, the search does.
    const shown = found(marker, all);
    for (const place of ['server/server.sqlite', 'agent/spool.sqlite', 'GET /v1/workflows/{id}/logs as text/plain']) {
      expect(shown.filter((trace) => trace.startsWith(place))).not.toEqual([]);
    }
    // Nothing was left out.
    expect(kindsOf(all)).toEqual(
      expect.arrayContaining([
        'temporal/temporal.db, rows',
        'temporal workflow list',
        'temporal workflow show RUN',
        'agent/RUN',
        'stderr of the server',
        'stderr of the agent',
        ...['application/x-ndjson', 'text/plain', 'text/event-stream'].map(
          (type) => `GET /v1/workflows/{id}/logs as ${type}`,
        ),
        'GET /v1/workflows/{id}/host-calls as application/json',
        'GET /v1/agents as application/json',
        'GET /metrics as text/plain',
      ]),
    );
  });

  it('is found nowhere without payload keys, where Temporal shows inputs and outputs', async () => {
    const all = await placesAfterwards(await world('clear'));
    expect([...found(canary, all), ...found(lines, all)]).toEqual([]);
    const shown = found(marker, temporals(all));
    expect(shown).toContain('temporal/temporal.db, rows: raw');
    expect(shown.some((trace) => /^temporal workflow show run-\w+: base64/u.test(trace))).toBe(true);
  });

  it.skipIf(!hasPostgres)('is found nowhere in PostgreSQL', async () => {
    if (temporal === undefined) throw new Error('there is no Temporal');
    await using postgres = await startPostgres({ durable: false });
    const databaseUrl = await postgres.createDatabase();
    const here = await openCanaryWorld(temporal, { namespace: 'shared', payloads: 'encrypted', databaseUrl });
    const all = await placesAfterwards(here);
    expect([...found(canary, all), ...found(lines, all)]).toEqual([]);
    expect(found(marker, all)).toContain('postgresql: raw');
    // It keeps its processes until the test is over, and the database must outlive them.
    for (const { process } of [here.agent, here.server]) {
      process.kill('SIGKILL');
      await process.ended;
    }
  });

  it('is found in what a step itself made of it', async () => {
    const { server, submit, places } = await world('clear');
    const run = await submit({ workflow: leaking, secrets });
    expect(await endedRun(server, run)).toMatchObject({ status: 'success' });
    const all = await places(run);
    const leaks = kindsOf(found(canary, all).map((where) => ({ where, bytes: Buffer.alloc(0) })));
    expect(leaks).toEqual(
      expect.arrayContaining([
        'temporal/temporal.db, rows: hex',
        'GET /v1/workflows/{id} as application/json: hex',
        'GET /v1/workflows/{id}/logs as text/plain: hex',
      ]),
    );
    expect(found(canary, all).some((trace) => trace.startsWith('server/'))).toBe(true);
    expect(found(canary, all).some((trace) => trace.startsWith('agent/'))).toBe(true);
  });
});
