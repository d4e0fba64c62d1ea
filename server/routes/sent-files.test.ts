import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ServerWithEngine, startServerWithEngine, textIn } from '../../e2e/server-with-engine.ts';

const plain = 'on: { manual: { inputs: { tag: { required: true } } } }\njobs: { a: { steps: [{ run: "true" }] } }\n';
const caller = 'on: manual\njobs: { call: { uses: ./jobs/inner.yml } }\n';
const inner = 'on: workflow_call\njobs: { work: { steps: [{ run: "true" }] } }\n';

let server: ServerWithEngine;
beforeAll(async () => {
  server = await startServerWithEngine();
});
afterAll(() => server[Symbol.asyncDispose]());

const post = (path: string, json: object) => server.send('POST', path, { json });

describe('a workflow that comes with the name of its file', () => {
  it('has that in its problems, with the files beside it, and in its run', async () => {
    const wrong = await post('/v1/workflows', { workflow: 'jobs: 1\n', file: './ci/release.yml' });
    expect([wrong.status, wrong.body]).toMatchObject([422, { file: 'ci/release.yml', line: 1 }]);
    const files = { 'jobs/inner.yml': 'on: workflow_call\njobs: 1\n' };
    const inside = await post('/v1/workflows', { workflow: caller, file: 'ci/release.yml', files });
    expect(JSON.stringify(inside.body?.['errors'])).toContain('"ci/jobs/inner.yml"');
    const run = await server.submit(plain, { file: 'ci/release.yml', inputs: { tag: 'v1' } });
    expect((await server.send('GET', `/v1/workflows/${run}`)).body).toMatchObject({ file: 'ci/release.yml' });
    const named = await post('/v1/workflows', { workflow: plain, inputs: { tag: 'v1' }, dry_run: true, file: 'x.yml' });
    expect(named.body).toMatchObject({ plan: { file: 'x.yml' } });
  });
});

describe('a workflow that lacks an input and a secret', () => {
  it('is refused with both', async () => {
    const workflow = plain.replace('run: "true"', 'run: x, env: { T: "${{ secrets.TOKEN }}" }');
    const { status, body } = await post('/v1/workflows', { workflow });
    const errors = body?.['errors'] as unknown as readonly { code: string }[] | undefined;
    expect([status, errors?.map(({ code }) => code)]).toEqual([422, ['MISSING_INPUT', 'SECRET_MISSING']]);
  });
});

describe('files beside a workflow', () => {
  it.each(['/etc/passwd', '../x.yml', 'a/../x.yml', './a//b.yml', 'a\\b.yml', 'a\nb.yml', '', './', 'a/.'])(
    'are refused at the path %j',
    async (path) => {
      const { status, body } = await post('/v1/workflows', { workflow: plain, files: { [path]: inner } });
      const pointer = `/files/${path.replaceAll('/', '~1')}`;
      expect([status, body]).toMatchObject([422, { code: 'INVALID_VALUE', pointer }]);
      if (path === '') return;
      const file = await post('/v1/workflows', { workflow: plain, file: path, inputs: { tag: 'v1' } });
      // oxlint-disable-next-line vitest/no-conditional-expect -- a schema refuses an empty name sooner
      expect([file.status, file.body?.['pointer']]).toEqual([422, '/file']);
    },
  );

  it('are refused where one comes twice, and warned of where nothing calls them', async () => {
    const twice = { './jobs/inner.yml': inner, 'jobs/inner.yml': inner };
    expect((await post('/v1/workflows', { workflow: caller, files: twice })).body).toMatchObject({
      code: 'INVALID_VALUE',
      detail: expect.stringContaining('twice'),
    });
    const files = { './jobs/inner.yml': inner, 'README.md': 'text' };
    const { status, body } = await post('/v1/workflows', { workflow: caller, files });
    expect([status, body?.['warnings']]).toEqual([
      201,
      [expect.objectContaining({ severity: 'warning', code: 'UNKNOWN_KEY', pointer: '/files/README.md' })],
    ]);
    await server.reach(textIn(body, 'id'));
  });
});

describe('POST /v1/validate', () => {
  it('checks inputs where some are given', async () => {
    const answers = [
      await post('/v1/validate', { workflow: plain }),
      await post('/v1/validate', { workflow: plain, inputs: { tag: 'v1' } }),
      await post('/v1/validate', { workflow: plain, inputs: {} }),
      await post('/v1/validate', { workflow: plain, files: { '../x': inner } }),
    ];
    const codes = answers.map(({ status, body }) => [
      status,
      body?.['valid'],
      ((body?.['diagnostics'] ?? []) as unknown as readonly { code: string; pointer?: string }[]).map(
        ({ code, pointer }) => `${code} ${pointer}`,
      ),
    ]);
    expect(codes).toEqual([
      [200, true, []],
      [200, true, []],
      [200, false, ['MISSING_INPUT /inputs/tag']],
      [200, false, ['INVALID_VALUE /files/..~1x']],
    ]);
  });
});
