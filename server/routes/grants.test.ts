import { tmpdir } from 'node:os';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openPolicy } from '../../cli/composition/policy.ts';
import { readGrantsHere } from '../../cli/composition/server-grants.ts';
import { testTerminal } from '../../cli/testing/terminal.ts';
import { type ServerWithEngine, startServerWithEngine } from '../../e2e/server-with-engine.ts';
import { type AbsolutePath, isJsonList, isJsonObject, type Json } from '../../schemas/index.ts';
import type { StepGrants } from '../grants.ts';
import { testAdmin } from '../testing/start-server.ts';
import { grantsRoutes } from './grants.ts';

/** Both are on the machine that decides; the second has no policy of its own. */
let [server, elsewhere]: ServerWithEngine[] = [];
beforeAll(async () => {
  // The system's temporary folder is absolute; no plugin of these lies there.
  const cwd = tmpdir() as AbsolutePath;
  const terminal = testTerminal({ cwd, now: Date.now });
  const grants = readGrantsHere(terminal, {
    policy: () => openPolicy(terminal, undefined),
    approve: [],
    workflowFolder: () => cwd,
  });
  const principals = { stranger: { ...testAdmin, tenant: 'other' } };
  server = await startServerWithEngine({ routes: (parts) => grantsRoutes({ ...parts, grants }), principals });
  elsewhere = await startServerWithEngine({ routes: grantsRoutes });
});
afterAll(async () => {
  await server?.[Symbol.asyncDispose]();
  await elsewhere?.[Symbol.asyncDispose]();
});

/** Nothing of it runs. */
const workflow = `name: asks
on: { manual: { inputs: { host: { type: string, required: true } } } }
jobs:
  wait: { steps: [{ uses: approval@v1 }] }
  ask:
    needs: wait
    strategy: { matrix: { part: [a, b] } }
    permissions: { net: [{ url: "https://\${{ inputs.host }}/**" }] }
    steps:
      - { id: get, uses: http@v1, with: { url: "https://\${{ inputs.host }}/" } }
      - { id: say, run: echo said }
`;

async function grantsOf(of: ServerWithEngine | undefined, query = '', by?: string) {
  const run = (await of?.submit(workflow, { inputs: { host: 'shop.example' } })) ?? '';
  const path = `/v1/workflows/${run}/grants${query}`;
  const answer = await of?.send('GET', path, by === undefined ? {} : { by });
  // What the route declares; answers are checked against that.
  const steps = (answer?.body?.['steps'] ?? []) as unknown as readonly StepGrants[];
  return { status: answer?.status, decidedBy: answer?.body?.['decided_by'], steps };
}

function capabilityOf(step: StepGrants | undefined, name: string): Json | undefined {
  const capabilities = step?.grant?.['capabilities'];
  return isJsonList(capabilities)
    ? capabilities.find((one) => isJsonObject(one) && one['capability'] === name)
    : undefined;
}

describe('what the steps of a run may do', () => {
  it('is said of each layer, with the inputs of the run', async () => {
    const { steps, decidedBy } = await grantsOf(server);
    expect(decidedBy).toBe('server');
    expect(steps.map(({ job, step, uses }) => `${job}/${step} ${uses}`)).toEqual(['ask/get http@v1', 'ask/say run@v1']);
    expect(steps[0]?.grant).toMatchObject({ plugin: { name: 'http', origin: 'built-in' } });
    expect(capabilityOf(steps[0], 'net')).toMatchObject({ verdict: 'narrowed', narrowed_by: ['policy', 'job'] });
    expect(JSON.stringify(steps[0]?.grant)).toContain('https://shop.example/**');
    expect(JSON.stringify(steps[0]?.grant)).toMatch(/default\.yaml:\d+/u);
    // The job gives its scripts nothing.
    expect(capabilityOf(steps[1], 'exec')).toMatchObject({ verdict: 'refused', narrowed_by: ['job'] });
  });

  it.each([
    ['?job=ask&step=say', ['say']],
    ['?job=ask+(a)&step=get', ['get']],
    ['?job=other', []],
  ])('is said of one for %s', async (query, expected) => {
    expect((await grantsOf(server, query)).steps.map(({ step }) => step)).toEqual(expected);
  });

  it('is said of one call, with what would allow it where it is denied', async () => {
    const asked = async (step: string, call: string) =>
      await grantsOf(server, `?job=ask&step=${step}&call=${encodeURIComponent(call)}`);
    const { steps: allowed } = await asked('get', 'net GET https://shop.example/');
    expect(allowed[0]?.call).toEqual({ decision: 'allowed', changes: [] });
    const { steps } = await asked('get', 'net GET https://other.example/');
    expect(steps[0]?.call).toMatchObject({
      decision: 'denied',
      changes: [{ layer: 'manifest', todo: expect.stringContaining('requests nothing more'), lines: [] }],
    });
    expect((await asked('get', 'whatever')).status).toBe(422);
  });

  it('is nobody else to know, and unknown where agents have policies of their own', async () => {
    expect((await grantsOf(server, '', 'stranger')).status).toBe(404);
    expect(await grantsOf(elsewhere)).toEqual({ status: 200, decidedBy: 'agents', steps: [] });
  });
});
