import { once } from 'node:events';
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Ended, root, waterflow } from './command.ts';
import { askServer, begunStep, endedRun, logOf, portOf, type ServerProcess, serverPlace } from './server-process.ts';

const examples = join(root, 'examples');
const example = (name: string): string => readFileSync(join(examples, name), 'utf8');

/** Begins, waits without a process, and goes on; then a step that runs until `GO` is there. */
const slow = `
name: slow
on: manual
jobs:
  work:
    steps:
      - run: for n in 1 2 3; do echo "before $n"; done
      - uses: sleep@v1
        with: { duration: 6s }
      - run: for n in 1 2 3; do echo "after $n"; done
`;

const endless = `
name: endless
on: manual
jobs:
  work:
    steps:
      - run: echo begun; sleep 300
      - if: always()
        run: echo tidied
`;

const secretive = `
name: secretive
on: manual
jobs:
  work:
    steps:
      - run: echo begun
      - uses: sleep@v1
        with: { duration: 5s }
      - run: echo "\${#TOKEN} characters"
        env: { TOKEN: "\${{ secrets.TOKEN }}" }
`;

const lines = (stdout: string): readonly string[] => stdout.split('\n').filter((line) => line !== '');
const runIn = ({ stdout, stderr }: Pick<Ended, 'stdout' | 'stderr'>): string =>
  /run-[0-9a-z]{26}/u.exec(stdout + stderr)?.[0] ?? '';

describe('a server', () => {
  it('is ready, runs what is sent to it over REST, and ends in order', async () => {
    const place = serverPlace();
    const server = await place.begin();
    expect(await askServer(server, '/readyz')).toMatchObject({ status: 200, body: { status: 'ready' } });

    const sent = await fetch(new URL('/v1/workflows', server.url), {
      method: 'POST',
      headers: { 'content-type': 'application/yaml' },
      body: example('hello.yml'),
    });
    expect(sent.status).toBe(201);
    const { id } = (await sent.json()) as { readonly id: string };
    expect(sent.headers.get('location')).toBe(`/v1/workflows/${id}`);
    expect(await endedRun(server, id)).toMatchObject({ status: 'success' });
    const log = await fetch(new URL(`/v1/workflows/${id}/logs?format=text`, server.url));
    expect(await log.text()).toMatch(/^\[greet\/0\] Hello from /u);

    server.process.kill('SIGTERM');
    const { code, signal } = await server.process.ended;
    expect({ code, signal }).toEqual({ code: 0, signal: null });
  });

  it('says all that is wrong with a workflow, with places', async () => {
    const server = await serverPlace().begin();
    const workflow = 'on: manual\njobs:\n  a:\n    stepz: []\n  b:\n    needs: c\n    steps: [{ run: "true" }]\n';
    const { status, body } = await askServer(server, '/v1/workflows', { workflow });
    expect({ status, codes: (body['errors'] as { code: string }[]).map(({ code }) => code) }).toEqual({
      status: 422,
      codes: expect.arrayContaining(['UNKNOWN_KEY', 'UNKNOWN_NEED']),
    });
  });
});

describe('the command line with a server', () => {
  it('submits a workflow with the files that it calls, and follows it', async () => {
    const place = serverPlace();
    const server = await place.begin();
    const followed = await place.command(server, 'submit', join(examples, 'reusable.yml'), '--follow');
    expect(followed).toMatchObject({ code: 0 });
    expect(followed.stdout).toMatch(/^status +success$/mu);
    expect(await place.command(server, 'list', '--json')).toMatchObject({
      stdout: expect.stringContaining('"status":"success"'),
    });
  });

  it('ends with 1 where the run fails, and with 2 where the workflow is wrong', async () => {
    const failing = 'on: manual\njobs: { a: { steps: [{ run: "echo no; exit 3" }] } }\n';
    const place = serverPlace({ 'failing.yml': failing, 'wrong.yml': 'on: manual\njobs: { a: { stepz: [] } }\n' });
    const server = await place.begin();
    const failed = await place.command(server, 'submit', 'failing.yml', '--follow');
    expect(failed).toMatchObject({ code: 1, stdout: expect.stringContaining('[a/0] no') });
    expect(await place.command(server, 'submit', 'wrong.yml')).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/^wrong\.yml:2:\d+: error UNKNOWN_KEY/u),
    });
  });

  it('leaves a run alone when Ctrl-C ends the following, and cancels it when asked', async () => {
    const place = serverPlace({ 'endless.yml': endless });
    const server = await place.begin();
    const following = place.start(server, 'submit', 'endless.yml', '--follow', '--label', 'team=web');
    await following.saying('[work/0] begun');
    following.kill('SIGINT');
    const detached = await following.ended;
    const run = runIn(detached);
    expect(detached).toMatchObject({ code: 130, stderr: expect.stringContaining(`waterflow cancel ${run}`) });
    expect(await place.command(server, 'list', '--label', 'team=web', '--json')).toMatchObject({
      stdout: expect.stringContaining(`"${run}"`),
    });
    expect(await place.command(server, 'cancel', run)).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('is being cancelled'),
    });
    expect(await endedRun(server, run)).toMatchObject({ status: 'cancelled' });
    const { stdout } = await place.command(server, 'logs', run);
    expect(lines(stdout)).toEqual(['[work/0] begun', '[work/1] tidied']);
    const last = await place.command(server, 'logs', run, '--tail', '1', '--since', '1h');
    expect(lines(last.stdout)).toEqual(['[work/1] tidied']);
    expect(await place.command(server, 'logs', run, '-f', '--since', '2099-01-01T00:00:00Z')).toMatchObject({
      stdout: '',
    });
    expect(await place.command(server, 'logs', run, '--job', 'wrk')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('Did you mean `work`?'),
    });
  });

  it('goes on with a log behind the last line when the server is killed and started again', async () => {
    const place = serverPlace({ 'slow.yml': slow });
    const first = await place.begin();
    const run = runIn(await place.command(first, 'submit', 'slow.yml'));
    const following = place.start(first, 'logs', '-f', run);
    await following.saying('before 3');
    await begunStep(first, run, '1');
    first.process.kill('SIGKILL');
    await first.process.ended;
    await following.complaining('is lost');
    const second = await place.begin({ port: portOf(first) });
    const { code, stdout } = await following.ended;
    expect({ code, lines: lines(stdout) }).toEqual({
      code: 0,
      lines: ['0', '2'].flatMap((step) =>
        [1, 2, 3].map((n) => `[work/${step}] ${step === '0' ? 'before' : 'after'} ${n}`),
      ),
    });
    expect(await endedRun(second, run)).toMatchObject({ status: 'success' });
  });

  it('gives a run its secrets again after the server was started anew', async () => {
    const place = serverPlace({ 'secretive.yml': secretive });
    const first = await place.begin();
    const submitted = await place.command(first, 'submit', 'secretive.yml', '--secret', 'TOKEN=hunter2hunter2');
    const run = runIn(submitted);
    const following = place.start(first, 'logs', '-f', run);
    await following.saying('begun');
    await begunStep(first, run, '1');
    first.process.kill('SIGTERM');
    await first.process.ended;
    const second = await place.begin({ port: portOf(first) });
    await expect
      .poll(async () => (await askServer(second, `/v1/workflows/${run}`)).body)
      .toMatchObject({ error: { code: 'SECRET_MISSING' } });
    const resumed = await place.command(second, 'resume', run, '--secret', 'TOKEN=hunter2hunter2');
    expect(resumed).toMatchObject({ code: 0 });
    expect(await following.ended).toMatchObject({ code: 0, stdout: expect.stringContaining('14 characters') });
    expect(await endedRun(second, run)).toMatchObject({ status: 'success' });
  });

  it('answers an approval, and runs a run again', async () => {
    const approval = 'on: manual\njobs: { a: { steps: [{ id: ask, uses: approval@v1 }, { run: echo shipped }] } }\n';
    const place = serverPlace({ 'approval.yml': approval });
    const server = await place.begin();
    const following = place.start(server, 'submit', 'approval.yml', '--follow');
    await following.complaining('waterflow approve');
    const run = runIn(following);
    const approved = await place.command(server, 'approve', run, '--comment', 'well done');
    expect(approved).toMatchObject({ code: 0, stdout: 'a/ask is approved\n' });
    expect(await following.ended).toMatchObject({ code: 0, stdout: expect.stringContaining('shipped') });
    expect(await place.command(server, 'rerun', run)).toMatchObject({ code: 0, stdout: `${run}\n` });
    expect(await place.command(server, 'get', run)).toMatchObject({ stdout: expect.stringContaining('attempt 2') });
    expect(await place.command(server, 'terminate', run)).toMatchObject({ code: 0 });
    const again = await place.command(server, 'rerun', run, '--json');
    expect(JSON.parse(again.stdout)).toEqual({ type: 'operation', run, operation: 'rerun', takes_effect: 'now' });
  });

  it('makes a schedule, starts it out of turn, and lists what there is', async () => {
    const place = serverPlace();
    const server = await place.begin();
    const made = await place.command(
      server,
      'schedule',
      'create',
      join(examples, 'hello.yml'),
      '--cron',
      '30 6 * * mon-fri',
    );
    const id = /sch_[0-9a-z]{26}/u.exec(made.stdout)?.[0] ?? '';
    expect(made).toMatchObject({ code: 0 });
    expect(await place.command(server, 'schedule', 'pause', id)).toMatchObject({ stdout: `${id} is paused\n` });
    const run = runIn(await place.command(server, 'schedule', 'trigger', id));
    expect(await endedRun(server, run)).toMatchObject({ origin: { kind: 'schedule', id } });
    expect(await place.command(server, 'schedule', 'show', id)).toMatchObject({ stdout: expect.stringContaining(run) });
    expect(await place.command(server, 'schedule', 'delete', id)).toMatchObject({ code: 0 });
    expect(await place.command(server, 'schedule', 'list')).toMatchObject({ stderr: 'no schedules\n' });
    for (const [listing, expected] of [
      ['agents', 'level'],
      ['queues', 'local'],
      ['nodes', 'run@1'],
    ] as const) {
      expect(await place.command(server, listing)).toMatchObject({
        code: 0,
        stdout: expect.stringContaining(expected),
      });
    }
  });

  it('is known by the key of its profile, and refused without', async () => {
    const place = serverPlace();
    const key = 'a-long-and-random-text-0123456789';
    const server = await place.begin({ env: { API_KEY: key } });
    expect(await askServer(server, '/v1/workflows')).toMatchObject({ status: 401 });
    expect(await place.command(server, 'list')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('UNAUTHENTICATED'),
    });
    writeFileSync(join(place.folder, 'key'), `${key}\n`, { mode: 0o600 });
    const withProfile = serverPlace({
      'waterflow/config.yaml': `profiles: { here: { url: "${server.url}", api-key-file: ${join(place.folder, 'key')} } }\n`,
    });
    const env = { XDG_CONFIG_HOME: withProfile.folder };
    expect(await waterflow(['list', '--profile', 'here'], { env })).toMatchObject({ code: 0, stderr: 'no runs\n' });
    chmodSync(join(place.folder, 'key'), 0o644);
    expect(await waterflow(['list', '--profile', 'here'], { env })).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('chmod 600'),
    });
  });
});

describe('a server that is asked to end', () => {
  const longStep = 'on: manual\njobs: { a: { steps: [{ run: "trap \'\' TERM; echo begun; sleep 30" }] } }\n';

  async function withLongStep(): Promise<ServerProcess> {
    const place = serverPlace({ 'long.yml': longStep });
    const server = await place.begin();
    const following = place.start(server, 'submit', 'long.yml', '--follow');
    await following.saying('begun');
    following.kill('SIGINT');
    await following.ended;
    return server;
  }

  it('ends streams, leaves what runs for its next start, and says so', async () => {
    const server = await withLongStep();
    server.process.kill('SIGTERM');
    const { code, stderr } = await server.process.ended;
    expect(code).toBe(0);
    expect(logOf(stderr).at(-1)).toMatchObject({
      message: expect.stringContaining('shutting down'),
      signal: 'SIGTERM',
    });
  });

  const tiny = 'on: manual\njobs: { a: { steps: [{ run: "true" }] } }\n';

  /** A request whose body is still on its way, and what came of it. */
  async function sending(server: ServerProcess) {
    const socket = connect(Number(portOf(server)), '127.0.0.1');
    let answer = '';
    socket.setEncoding('utf8').on('data', (text: string) => (answer += text));
    socket.on('error', () => {});
    const head = `POST /v1/workflows HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/yaml\r\nContent-Length: ${tiny.length}`;
    socket.write(`${head}\r\nExpect: 100-continue\r\n\r\n`);
    // The server takes the body from here on.
    while (!answer.includes('100 Continue')) await once(socket, 'data');
    return { socket, finish: () => socket.write(tiny), answered: once(socket, 'close').then(() => answer) };
  }

  it('answers the requests in progress', async () => {
    const server = await serverPlace().begin();
    const { finish, answered } = await sending(server);
    server.process.kill('SIGTERM');
    await server.process.complaining('shutting down');
    finish();
    expect(await answered).toMatch(/HTTP\/1\.1 (?:201|503) /u);
    expect(await server.process.ended).toMatchObject({ code: 0 });
  });

  it('ends at once with the second signal', async () => {
    const server = await serverPlace().begin();
    await sending(server);
    server.process.kill('SIGTERM');
    await server.process.complaining('shutting down');
    const before = performance.now();
    server.process.kill('SIGTERM');
    expect(await server.process.ended).toMatchObject({ code: 130 });
    // Requests in progress have ten seconds otherwise.
    expect(performance.now() - before).toBeLessThan(5000);
  });
});
