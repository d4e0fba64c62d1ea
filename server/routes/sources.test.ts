import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { commandLine } from '../../cli/testing/terminal.ts';
import { type ServerWithEngine, startServerWithEngine } from '../../e2e/server-with-engine.ts';
import { testAdmin } from '../testing/start-server.ts';
import { sourceRoutes } from './sources.ts';

const caller = '# Why it is there.\non: manual\r\njobs: { call: { uses: ./jobs/inner.yml } } # "quoted" 从\n';
const inner = 'on: workflow_call\njobs: { work: { steps: [{ run: "true" }] } }\n';

let server: ServerWithEngine;
let run: string;
beforeAll(async () => {
  server = await startServerWithEngine({
    routes: sourceRoutes,
    principals: { stranger: { ...testAdmin, tenant: 'other' } },
  });
  const files = { './jobs/inner.yml': inner };
  run = await server.submit(caller, { file: 'ci/release.yml', files });
  await server.reach(run);
});
afterAll(() => server[Symbol.asyncDispose]());

describe('GET /v1/workflows/{id}/source', () => {
  it('gives the workflow to the letter, with the files that came with it', async () => {
    const { status, body } = await server.send('GET', `/v1/workflows/${run}/source`);
    const source = { file: 'ci/release.yml', workflow: caller, files: { './jobs/inner.yml': inner } };
    expect({ status, body }).toEqual({ status: 200, body: source });
    const again = await server.send('POST', '/v1/workflows', { json: { ...body, dry_run: true } });
    expect(again.status).toBe(200);
  });

  it('tells texts apart that mean the same', async () => {
    const other = await server.submit(`${caller}# And one more.\n`, { files: { './jobs/inner.yml': inner } });
    const { body } = await server.send('GET', `/v1/workflows/${other}/source`);
    expect(body).toMatchObject({ file: 'workflow.yml', workflow: `${caller}# And one more.\n` });
    await server.reach(other);
  });

  it('says so where it was not kept', async () => {
    const row = await server.parts.records.runs.get(run as never);
    if (row === undefined) throw new Error('the run is there');
    const { source: _, ...request } = row.request;
    const old = await server.submit(caller, { files: { './jobs/inner.yml': inner } });
    await server.reach(old);
    await server.parts.records.runs.update(old as never, { request });
    const { status, body } = await server.send('GET', `/v1/workflows/${old}/source`);
    expect([status, body]).toMatchObject([404, { code: 'NOT_FOUND', detail: expect.stringContaining('not kept') }]);
  });

  it('is of nobody else', async () => {
    const { status, body } = await server.send('GET', `/v1/workflows/${run}/source`, { by: 'stranger' });
    expect({ status, code: body?.['code'] }).toEqual({ status: 404, code: 'RUN_NOT_FOUND' });
  });
});

describe('waterflow get --source', () => {
  it('prints it to the letter', async () => {
    const printed = await commandLine(['get', run, '--source', '--server', server.url], {});
    expect(printed).toMatchObject({ code: 0, stdout: caller });
    const whole = await commandLine(['get', run, '--source', '--json', '--server', server.url], {});
    expect(JSON.parse(whole.stdout)).toMatchObject({ files: { './jobs/inner.yml': inner } });
  });

  it('refuses to do so of a run of this machine', async () => {
    const { code, stderr } = await commandLine(['get', 'latest', '--source'], {});
    expect({ code, stderr }).toMatchObject({ code: 2, stderr: expect.stringContaining('--server') });
  });
});
