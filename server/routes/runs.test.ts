import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Answer, type ServerWithEngine, startServerWithEngine, textIn } from '../../e2e/server-with-engine.ts';
import { testAdmin } from '../testing/start-server.ts';

const hello = `
name: hello
run-name: hello \${{ inputs.who }}
on: { manual: { inputs: { who: { type: string, default: world, pattern: '^[a-z]+$' } } } }
jobs:
  greet:
    steps:
      - { id: say, env: { WHO: '\${{ inputs.who }}' }, run: 'echo "hello $WHO"' }
      - { id: never, if: inputs.who == 'nobody', run: 'true' }
`;
const failing = `
name: failing
on: manual
jobs:
  build:
    steps:
      - { id: breaks, run: 'for n in $(seq 30); do echo "line $n"; done; exit 3' }
  after: { needs: build, steps: [{ run: 'true' }] }
`;
const principals = {
  ada: { ...testAdmin, name: 'ada', tenant: 'acme' },
  bob: { ...testAdmin, name: 'bob', tenant: 'other' },
  root: { ...testAdmin, name: 'root', tenant: '*' },
};

let server: ServerWithEngine;
beforeAll(async () => {
  server = await startServerWithEngine({ principals });
});
afterAll(() => server[Symbol.asyncDispose]());

const post = (json: unknown, more: { readonly key?: string; readonly by?: string } = {}) =>
  server.send('POST', '/v1/workflows', {
    json,
    ...(more.by === undefined ? {} : { by: more.by }),
    headers: more.key === undefined ? {} : { 'idempotency-key': more.key },
  });

const idsIn = (body: Answer['body']): readonly string[] => {
  const runs = (body?.['workflows'] ?? []) as unknown as readonly { id: string }[];
  return runs.map(({ id }) => id);
};

describe('a workflow that is submitted', () => {
  it('runs, and shows its jobs and steps with what came of them', async () => {
    const { status, headers, body } = await server.send('POST', '/v1/workflows', { yaml: hello });
    expect({ status, body }).toMatchObject({ status: 201, body: { status: 'queued', warnings: [] } });
    expect(body?.['workflow_id']).toBe(body?.['id']);
    expect(headers.get('location')).toBe(`/v1/workflows/${textIn(body, 'id')}`);
    expect(await server.reach(textIn(body, 'id'))).toMatchObject({
      status: 'success',
      name: 'hello world',
      tenant_id: 'default',
      origin: { kind: 'api', by: 'test' },
      inputs: { who: 'world' },
      jobs: {
        greet: {
          status: 'success',
          agent: expect.any(String),
          duration_ms: expect.any(Number),
          steps: {
            say: { outcome: 'success', outputs: { exit_code: 0 }, host_calls: { allowed: 1, denied: 0 }, attempts: 1 },
            never: { status: 'skipped', skip_reason: { condition: expect.stringContaining('nobody') } },
          },
        },
      },
    });
  });

  it('says in which order its jobs and steps come, whatever their ids look like', async () => {
    const steps = [{ id: 'b', run: 'true' }, { run: 'true' }, { id: 'a', run: 'true' }, { run: 'true' }];
    const run = await server.submit(JSON.stringify({ on: 'manual', jobs: { z: { steps }, a: { steps } } }));
    type Indexed = Readonly<Record<string, { readonly index: number; readonly steps?: Indexed }>>;
    const { jobs } = (await server.reach(run)) as unknown as { readonly jobs: Indexed };
    const inOrder = (of: Indexed) =>
      Object.entries(of)
        .toSorted(([, one], [, other]) => one.index - other.index)
        .map(([key]) => key);
    expect(inOrder(jobs)).toEqual(['z', 'a']);
    expect(inOrder(jobs['a']?.steps ?? {})).toEqual(['b', '1', 'a', '3']);
  });

  it('that fails says why, with the end of the log of the step that did', async () => {
    const ended = await server.reach(await server.submit(failing));
    expect(ended).toMatchObject({
      status: 'failure',
      error: { code: 'STEP_FAILED' },
      jobs: { build: { steps: { breaks: { error: { code: 'STEP_FAILED' } } } }, after: { status: 'skipped' } },
    });
    const { jobs } = ended as unknown as { jobs: Record<string, { steps: Record<string, { last_lines?: string[] }> }> };
    const lines = jobs['build']?.steps['breaks']?.last_lines ?? [];
    expect([lines.length, lines[0], lines.at(-1)]).toEqual([20, 'line 11', 'line 30']);
  });

  it('with mistakes is refused with each of them, its place and its remedy', async () => {
    const { status, headers, body } = await post({
      workflow:
        'name: x\non: manual\njobs:\n  a:\n    step: []\n  b: { steps: [{ uses: ./local }, { uses: nosuch@v1 }] }\n',
    });
    expect(status).toBe(422);
    expect(headers.get('content-type')).toContain('application/problem+json');
    const errors = body?.['errors'] as unknown as readonly Record<string, unknown>[];
    expect(errors.map(({ code }) => code)).toEqual(
      expect.arrayContaining(['UNKNOWN_KEY', 'LOCAL_PLUGIN', 'PLUGIN_NOT_FOUND']),
    );
    for (const error of errors) {
      expect(error).toMatchObject({ line: expect.any(Number), column: expect.any(Number), remedy: expect.any(String) });
    }
  });

  it('with wrong inputs, or a secret too short to keep out of logs, is refused', async () => {
    const inputs = await post({ workflow: hello, inputs: { who: 'X', whom: 'y' } });
    expect([inputs.status, inputs.body?.['errors']]).toEqual([
      422,
      [
        expect.objectContaining({ code: 'UNKNOWN_INPUT', pointer: '/inputs/whom' }),
        expect.objectContaining({ code: 'INVALID_VALUE', pointer: '/inputs/who', line: 4 }),
      ],
    ]);
    const required = 'on: { manual: { inputs: { tag: { required: true } } } }\njobs: { a: { steps: [{ run: x }] } }\n';
    expect((await post({ workflow: required })).body).toMatchObject({
      code: 'MISSING_INPUT',
      pointer: '/inputs/tag',
      remedy: expect.stringContaining('`inputs`'),
    });
    const short = await post({ workflow: hello, secrets: { PIN: '12' } });
    expect(short.status).toBe(422);
    expect(JSON.stringify(short.body)).not.toContain('"12"');
  });

  it('that can not do without a secret is refused before it begins, and warned where it may', async () => {
    const reads = (more: string) =>
      `name: x\non: manual\njobs:\n  a:\n    steps:\n      - { run: make, env: { T: "Bearer \${{ secrets.TOKEN }}" }${more} }\n`;
    const refused = await post({ workflow: reads('') });
    const places = { line: 6, column: 44, message: expect.stringContaining('TOKEN'), remedy: expect.any(String) };
    expect([refused.status, refused.body]).toMatchObject([
      422,
      {
        code: 'SECRET_MISSING',
        line: 6,
        column: 44,
        errors: [{ code: 'SECRET_MISSING', severity: 'error', ...places }],
      },
    ]);
    expect((await post({ workflow: reads(''), dry_run: true })).body).toMatchObject({
      secrets: ['TOKEN'],
      errors: [{ code: 'SECRET_MISSING', severity: 'error', ...places }],
    });
    const misspelt = await post({ workflow: reads(''), secrets: { TOKNE: 'a-long-value' } });
    expect(misspelt).toMatchObject({
      status: 422,
      body: { errors: [{ remedy: expect.stringContaining('as TOKNE?') }] },
    });
    const short = await post({ workflow: reads(''), secrets: { TOKEN: 'abc' } });
    expect(short).toMatchObject({ status: 422, body: { errors: [{ pointer: '/secrets/TOKEN' }] } });
    const maybe = await post({ workflow: reads(", if: vars.target == 'live'") });
    expect([maybe.status, maybe.body?.['warnings']]).toMatchObject([
      201,
      [{ code: 'SECRET_MISSING', severity: 'warning', line: 6 }],
    ]);
    const given = await post({ workflow: reads(''), secrets: { token: 'a-long-value' } });
    expect([given.status, given.body?.['warnings']]).toEqual([201, []]);
  });

  it('calls the workflows that came with it, and says which is missing', async () => {
    const workflow = 'name: caller\non: manual\njobs: { call: { uses: ./parts/inner.yml } }\n';
    const inner = 'name: inner\non: { workflow_call: {} }\njobs: { work: { steps: [{ run: "true" }] } }\n';
    const run = await server.submit(workflow, { files: { './parts/inner.yml': inner } });
    expect(await server.reach(run)).toMatchObject({
      status: 'success',
      jobs: { 'call / work': { status: 'success' } },
    });
    const { status, body } = await post({ workflow });
    expect([status, body?.['code']]).toEqual([422, 'WORKFLOW_NOT_FOUND']);
  });

  it.each(['application/yaml', 'text/yaml', 'text/x-yaml; charset=utf-8', 'application/x-yaml'])(
    'may be %s',
    async (type) => {
      const headers = { 'content-type': type };
      const { status, body } = await server.send('POST', '/v1/validate', { yaml: hello, headers });
      expect([status, body?.['valid']]).toEqual([200, true]);
    },
  );

  it('is only planned where that is asked for', async () => {
    const { status, body } = await post({ workflow: hello, dry_run: true, inputs: { who: 'ada' } });
    expect({ status, body }).toMatchObject({
      status: 200,
      body: {
        name: 'hello',
        inputs: { who: 'ada' },
        jobs: { greet: { needs: [], steps: [{ key: 'say', uses: 'run@v1' }, { key: 'never' }] } },
        plan: { version: 1 },
      },
    });
    const list = await server.send('GET', '/v1/workflows?name=ada');
    expect(list.body?.['workflows']).toEqual([]);
  });
});

describe('an Idempotency-Key', () => {
  it('makes one run of requests that come at once, and answers later ones the same', async () => {
    const body = { workflow: hello, labels: { order: 'o-17' } };
    const answers = await Promise.all(Array.from({ length: 20 }, () => post(body, { key: 'order-17' })));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([201]));
    expect(new Set(answers.map((answer) => answer.body?.['id'])).size).toBe(1);
    expect(answers.filter(({ headers }) => headers.get('idempotency-replayed') === null)).toHaveLength(1);
    await server.reach(textIn(answers[0]?.body, 'id'));
    const later = await post({ labels: { order: 'o-17' }, workflow: hello }, { key: 'order-17' });
    expect([later.status, later.body, later.headers.get('location')]).toEqual([
      201,
      answers[0]?.body,
      answers[0]?.headers.get('location'),
    ]);
    const found = await server.send('GET', '/v1/workflows?label=order:o-17');
    expect(found.body?.['workflows']).toHaveLength(1);
  });

  it('that came with another request is refused, and is nobody else’s', async () => {
    const first = await post({ workflow: hello }, { key: 'shared', by: 'ada' });
    const other = await post({ workflow: hello, inputs: { who: 'bob' } }, { key: 'shared', by: 'ada' });
    expect([other.status, other.body?.['code']]).toEqual([422, 'IDEMPOTENCY_CONFLICT']);
    const bobs = await post({ workflow: hello }, { key: 'shared', by: 'bob' });
    expect(bobs.status).toBe(201);
    expect(bobs.body?.['id']).not.toBe(first.body?.['id']);
  });
});

describe('runs of other tenants', () => {
  it('are as if they were not there, whatever is asked of them', async () => {
    const run = textIn((await post({ workflow: hello }, { by: 'ada' })).body, 'id');
    const absent = `run-${'0'.repeat(26)}`;
    const asked = (id: string, verb: string) =>
      verb === ''
        ? server.send('GET', `/v1/workflows/${id}`, { by: 'bob' })
        : server.send('POST', `/v1/workflows/${id}/${verb}`, {
            json: { signals: { name: 'go' }, approvals: { decision: 'approve' } }[verb] ?? {},
            by: 'bob',
          });
    for (const verb of ['', 'cancel', 'terminate', 'pause', 'resume', 'rerun', 'signals', 'approvals']) {
      const [theirs, none] = [await asked(run, verb), await asked(absent, verb)];
      const normal = (body: unknown, id: string) =>
        JSON.stringify(body)
          .replaceAll(id, 'ID')
          .replaceAll(/req_\w+/gu, 'REQUEST');
      expect([verb, theirs.status, normal(theirs.body, run)]).toEqual([verb, 404, normal(none.body, absent)]);
    }
    const list = await server.send('GET', '/v1/workflows', { by: 'bob' });
    expect(JSON.stringify(list.body)).not.toContain(run);
    expect((await server.send('GET', `/v1/workflows/${run}`, { by: 'root' })).status).toBe(200);
  });

  it('can be submitted by those of all tenants alone', async () => {
    expect((await post({ workflow: hello, tenant_id: 'other' }, { by: 'ada' })).status).toBe(403);
    const { body } = await post({ workflow: hello, tenant_id: 'other' }, { by: 'root' });
    expect((await server.send('GET', `/v1/workflows/${textIn(body, 'id')}`, { by: 'bob' })).status).toBe(200);
  });
});

describe('the list of runs', () => {
  it('is filtered and paged', async () => {
    const label = (n: number) => ({ page: 'paged', n: String(n) });
    const runs: string[] = [];
    for (let n = 0; n < 5; n += 1) runs.push(await server.submit(hello, { labels: label(n) }));
    for (const run of runs) await server.reach(run);
    const seen: string[] = [];
    let cursor = '';
    do {
      const { body } = await server.send('GET', `/v1/workflows?label=page:paged&limit=2${cursor}`);
      seen.push(...idsIn(body));
      cursor = body?.['next_cursor'] === undefined ? '' : `&cursor=${textIn(body, 'next_cursor')}`;
    } while (cursor !== '');
    expect(seen).toEqual(runs.toReversed());
    const idsOf = async (query: string) => {
      const { body } = await server.send('GET', `/v1/workflows?${query}`);
      return idsIn(body);
    };
    expect(await idsOf('label=page:paged&label=n:3')).toEqual([runs[3]]);
    const mixed = await server.submit(hello, { labels: { list: 'a, b:c' } });
    expect(await idsOf(`label=${encodeURIComponent('list:a, b:c')}`)).toEqual([mixed]);
    expect(await idsOf('label=page:paged,n:3')).toEqual([]);
    expect(await idsOf('label=page:paged&status=failure,running')).toEqual([]);
    expect(await idsOf('label=page:paged&origin=api')).toHaveLength(5);
    expect(await idsOf('label=page:paged&origin=schedule')).toEqual([]);
    expect(await idsOf(`label=page:paged&origin=key_${'0'.repeat(26)}`)).toEqual([]);
    const page = await server.send('GET', '/v1/workflows?label=page:paged&limit=2');
    const next = textIn(page.body, 'next_cursor');
    expect(await idsOf(`limit=1&label=page:paged&cursor=${next}`)).toEqual([runs[2]]);
    const other = await server.send('GET', `/v1/workflows?label=n:3&cursor=${next}`);
    expect([other.status, other.body?.['code']]).toEqual([422, 'INVALID_INPUT']);
    expect(await idsOf('label=page:paged&status=success&name=hello')).toHaveLength(5);
    expect(await idsOf('label=page:paged&created_before=2020-01-01T00:00:00Z')).toEqual([]);
    for (const wrong of ['created_after=2016-12-31T23:59:60Z', 'cursor=nonsense', 'status=odd', 'status=', 'label=']) {
      const { body } = await server.send('GET', `/v1/workflows?${wrong}`);
      expect([wrong, body?.['code']]).toEqual([wrong, 'INVALID_INPUT']);
    }
  });
});

describe('a workflow that is only checked', () => {
  it('is answered as by `waterflow validate --json`', async () => {
    const right = await server.send('POST', '/v1/validate', { yaml: hello });
    expect(right).toMatchObject({ status: 200, body: { valid: true, diagnostics: [] } });
    const wrong = await server.send('POST', '/v1/validate', { json: { workflow: 'jobs: 1' } });
    expect(wrong).toMatchObject({
      status: 200,
      body: { valid: false, diagnostics: expect.arrayContaining([expect.objectContaining({ line: 1 })]) },
    });
  });
});
