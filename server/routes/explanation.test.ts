import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { commandLine } from '../../cli/testing/terminal.ts';
import { type ServerWithEngine, startServerWithEngine } from '../../e2e/server-with-engine.ts';
import { testAdmin } from '../testing/start-server.ts';
import { explanationRoutes } from './explanation.ts';

let server: ServerWithEngine;
let run: string;
beforeAll(async () => {
  server = await startServerWithEngine({
    routes: (parts) => explanationRoutes({ ...parts, async *hostCalls() {} }),
    principals: { stranger: { ...testAdmin, tenant: 'other' } },
  });
  // Nothing of it needs a sandbox.
  await server.reach(await server.submit(workflow, { inputs: { list: '[1]' } }));
  run = await server.submit(workflow, { inputs: { list: '[1,' } });
  await server.reach(run);
});
afterAll(() => server[Symbol.asyncDispose]());

const workflow = `name: lists
on: { manual: { inputs: { list: { type: string, required: true } } } }
jobs:
  sums:
    if: fromJSON(inputs.list)[0] == 2
    steps: [{ run: echo never }]
  after: { needs: sums, steps: [{ run: echo never }] }
`;

describe('GET /v1/workflows/{id}/explanation', () => {
  it('says why a run failed, and what is otherwise than when it succeeded', async () => {
    const { status, body } = await server.send('GET', `/v1/workflows/${run}/explanation`);
    expect(status).toBe(200);
    expect(body).toMatchObject({
      version: 1,
      run,
      status: 'failure',
      causes: [
        { code: 'EVALUATION_FAILED', job: 'sums', expression: 'fromJSON(inputs.list)[0] == 2', at: { line: 5 } },
      ],
      consequences: [{ job: 'after', status: 'skipped' }],
      since: { changes: [{ kind: 'input', text: 'the input `list` has another value' }] },
    });
  });

  it('says of a run that waits for whom it does', async () => {
    const waiting = await server.submit(
      'on: manual\njobs: { gate: { steps: [{ id: ask, uses: approval@v1, with: { approvers: [ada] } }] } }\n',
    );
    await server.reach(waiting, 'waiting');
    const { body } = await server.send('GET', `/v1/workflows/${waiting}/explanation`);
    expect(body).toMatchObject({ status: 'waiting', waits: [{ job: 'gate', step: 'ask', who: 'ada' }] });
    await server.send('POST', `/v1/workflows/${waiting}/terminate`, { json: {} });
  });

  it('is of nobody else', async () => {
    const { status, body } = await server.send('GET', `/v1/workflows/${run}/explanation`, { by: 'stranger' });
    expect({ status, code: body?.['code'] }).toEqual({ status: 404, code: 'RUN_NOT_FOUND' });
  });

  it('is what the command prints of a run of a server, with commands that name the server', async () => {
    const { code, stdout } = await commandLine(['explain', run, '--server', server.url]);
    expect(code).toBe(0);
    expect(stdout).toContain(
      'It failed because the expression `fromJSON(inputs.list)[0] == 2` of job `sums` has no value',
    );
    expect(stdout).toContain(`\n  waterflow rerun ${run} --failed --server ${server.url}`);
  });
});
