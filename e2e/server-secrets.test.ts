import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { comesTo, comesToLack, killed, Scene, lostSecrets as secrets } from './lost-secrets.ts';
import { askServer, logOf } from './server-process.ts';

/** Waits for an approval, then reads a secret. `head` is further keys of the workflow, `timeout` of the approval. */
function asking({ head = '', timeout = '1h' }: { readonly head?: string; readonly timeout?: string } = {}): string {
  return `name: asking
on: manual
${head}
jobs:
  work:
    steps:
      - { id: ask, uses: approval@v1, with: { timeout: ${timeout} } }
      - id: use
        env: { TOKEN: '\${{ secrets.TOKEN }}' }
        run: 'echo "used \${#TOKEN} characters"'
      - id: clean
        if: always()
        env: { TOKEN: '\${{ secrets.TOKEN }}' }
        run: 'true'
      - { id: sweep, if: always(), run: echo swept }
`;
}

/** What it was given lies in the workspace when the next step, which needs no secret, shows the files there. */
const leaving = `name: leaving
on: manual
jobs:
  work:
    steps:
      - id: leave
        env: { TOKEN: '\${{ secrets.TOKEN }}' }
        run: 'printf "%s" "$TOKEN" > token'
      - { id: ask, uses: approval@v1 }
      - { id: show, run: 'echo "found $(cat token)"' }
`;

type Body = Awaited<ReturnType<Scene['shown']>>;

function stepsOf(body: Body): unknown {
  // As the API says.
  const { work } = body['jobs'] as Record<string, { readonly steps: unknown }>;
  return work?.steps;
}

/** Files below a folder that hold a text, without those of workspaces, where steps put what they like. */
function filesWith(folder: string, text: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => {
    const path = join(folder, name);
    return !name.includes('/work/') && statSync(path).isFile() && readFileSync(path).includes(text);
  });
}

describe('runs whose secrets went with a server that was killed', { timeout: 120_000 }, () => {
  it('end in order: cancelled, rejected, out of time', async () => {
    const scene = await killed({ cancelled: asking(), rejected: asking(), late: asking({ timeout: '8s' }) });
    await comesToLack(scene, 'cancelled');
    expect((await scene.ask('cancelled', 'cancel', {})).body).toMatchObject({ takes_effect: 'now' });
    const cancelled = await scene.ended('cancelled');
    expect(cancelled).toMatchObject({ status: 'cancelled' });
    expect(stepsOf(cancelled)).toMatchObject({
      use: { status: 'cancelled', attempts: 0 },
      clean: { status: 'failure', error: { code: 'SECRET_MISSING' } },
      sweep: { status: 'success' },
    });

    expect((await scene.decide('rejected', 'reject')).body).toMatchObject({ takes_effect: 'now' });
    const rejected = await scene.ended('rejected');
    expect(rejected).toMatchObject({ status: 'failure' });
    expect(stepsOf(rejected)).toMatchObject({
      ask: { error: { code: 'REJECTED' } },
      use: { status: 'skipped' },
      clean: { error: { code: 'SECRET_MISSING' } },
      sweep: { status: 'success' },
    });

    const late = await scene.ended('late');
    expect(stepsOf(late)).toMatchObject({ ask: { error: { code: 'TIMEOUT' } }, sweep: { status: 'success' } });
    expect((await scene.decide('late', 'approve')).status).toBe(409);
  });

  it('keep their turn in a group, and pass it on', async () => {
    const group = { head: 'concurrency: { group: one }' };
    const scene = await killed({ holder: asking(group), next: asking(group) }, ['holder']);
    await comesToLack(scene, 'holder');
    expect(await scene.shown('next')).toMatchObject({ status: 'queued' });
    expect((await scene.ask('holder', 'cancel', {})).status).toBe(202);
    await comesTo(scene, 'next', { awaits: [{ kind: 'approval' }] });
    expect((await scene.ask('next', 'terminate', {})).body).toMatchObject({ status: 'cancelled' });
  });

  it('say that they wait, and go on with their secrets, also after another kill', async () => {
    const scene = await killed({ resumed: asking() });
    const { resumed: run } = scene.runs;
    await comesToLack(scene, 'resumed');
    await scene.killAndBegin();
    await comesTo(scene, 'resumed', { status: 'waiting', awaits: [{ kind: 'secrets', step: 'use' }] });
    const { stdout } = await scene.place.command(scene.server, 'get', run ?? '');
    expect(stdout).toContain(`waterflow resume ${run} --secret TOKEN`);
    const listed = async () => (await askServer(scene.server, '/v1/workflows?status=waiting')).body['workflows'];
    await expect.poll(listed).toMatchObject([{ id: run, error: { code: 'SECRET_MISSING' } }]);
    const metrics = await (await fetch(`${scene.server.url}/metrics`)).text();
    expect(metrics).toContain('\nwaterflow_runs_awaiting_secrets 1\n');
    const warning = expect.objectContaining({ level: 'warn', run, secrets: ['TOKEN'] });
    expect(logOf(scene.server.process.stderr)).toContainEqual(warning);
    expect((await scene.ask('resumed', 'resume', {})).body).toMatchObject({ code: 'SECRET_MISSING' });
    expect((await scene.ask('resumed', 'resume', { secrets })).body).toMatchObject({ takes_effect: 'now' });
    expect(await scene.ended('resumed')).toMatchObject({ status: 'success' });
    expect(await scene.logOf('resumed')).toContain('[work/use] used 14 characters');
    const ofEvents = await (await fetch(`${scene.server.url}/v1/workflows/${run}/events`)).text();
    expect(ofEvents).toContain('"secrets_awaited"');
    expect(filesWith(scene.place.state, secrets.TOKEN)).toEqual([]);
  });

  it('show nothing of what a step has left, since the steps after it wait, too', async () => {
    const scene = await killed({ leaving });
    await comesToLack(scene, 'leaving', 'show');
    expect((await scene.ask('leaving', 'resume', { secrets })).status).toBe(202);
    expect(await scene.ended('leaving')).toMatchObject({ status: 'success' });
    expect(await scene.logOf('leaving')).toBe('[work/show] found ***\n');
  });

  it('take the values from the same request, sent again', async () => {
    const scene = new Scene();
    const submit = async (given: object): ReturnType<typeof askServer> => {
      const response = await fetch(new URL('/v1/workflows', scene.server.url), {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'idempotency-key': 'order-7' },
        body: JSON.stringify({ workflow: asking(), secrets: given }),
      });
      return { status: response.status, body: (await response.json()) as Body };
    };
    await scene.begin();
    scene.runs['keyed'] = String((await submit(secrets)).body['id']);
    await comesTo(scene, 'keyed', { awaits: [{ kind: 'approval' }] });
    await scene.killAndBegin();
    await comesToLack(scene, 'keyed');
    expect((await submit(secrets)).body).toMatchObject({ id: scene.runs['keyed'] });
    expect(await scene.ended('keyed')).toMatchObject({ status: 'success' });
    const other = await submit({ TOKEN: 'another-value' });
    expect(other).toMatchObject({ status: 422, body: { code: 'IDEMPOTENCY_CONFLICT' } });
  });
});
