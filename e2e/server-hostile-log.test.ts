/** Whatever clients may write, where it reaches what the server writes of itself. */
import { expect, it } from 'vitest';
import { connectRaw } from '../server/testing/raw-socket.ts';
import { type GuardedServer, guardedServer } from './guarded-server.ts';

/** What ends a line, moves a cursor, turns text around, or forges a line of the log. */
const hostile = [
  '\r\n{"level":"error","message":"forged-line"}\r\n',
  '\n{"level":"error","message":"forged-line"}\n',
  '\u001b[2J\u001b]0;forged-title\u0007\u001b[31m',
  '\u009b31m\u0085forged-line\u2028forged-line\u2029',
  '\u202eforged-line\u2066\u200b',
  '","level":"error","message":"forged-line","x":"',
  '%0d%0aforged-line%00',
  '\\u000aforged-line',
].join('');
/** As it may stand in a URL or a header. */
const latin = hostile.replaceAll(/[^\u0020-\u007e]/gu, '?');
const key = `wf_AAAAAAAA_${'B'.repeat(43)}`;
/** Control and format characters, and what readers take for line ends. */
const unprintable = /[\p{Cc}\p{Cf}\u2028\u2029]/u;
const word = 'hunter2-hunter2-hunter2';

/** In YAML, by escapes alone: a workflow file may hold no such characters as they are. */
const quoted = (text: string): string =>
  JSON.stringify(text).replaceAll(/[^\u0020-\u007e]/gu, (character) => {
    return `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`;
  });

const workflow = (text: string) => `
name: ${quoted(text)}
run-name: ${quoted(text)}
on: manual
jobs:
  work:
    name: ${quoted(text)}
    steps:
      - name: ${quoted(text)}
        run: printf '%b' '\\033[2J\\nforged-line\\r\\033]0;forged\\007{"level":"error"}\\n'
      - run: exit 3
`;

/** Writes it wherever a client may. */
async function writeEverywhere(server: GuardedServer, admin: string, agent: string): Promise<string> {
  const made = await server.ask('/v1/workflows', {
    key: admin,
    body: { workflow: workflow(hostile), labels: { [`a${latin.length}`]: latin.slice(0, 40) } },
    headers: {
      'X-Request-Id': latin,
      traceparent: latin,
      'User-Agent': latin,
      'X-Forwarded-For': latin,
      'Idempotency-Key': 'k',
    },
  });
  expect([made.status, made.text]).toEqual([201, made.text]);
  const run = String(made.body['id']);
  const bodies = [
    hostile,
    { workflow: hostile },
    { workflow: 'a: b', inputs: { [hostile]: hostile } },
    { [hostile]: hostile },
  ];
  for (const body of bodies) {
    for (const path of ['/v1/workflows', '/v1/validate', '/v1/schedules', '/v1/webhooks', '/v1/keys']) {
      await server.ask(path, { key: admin, body });
    }
  }
  const at = { run, job: hostile, step: hostile, job_attempt: 1, attempt: 1, sequence: 1, at: '2026-01-01T00:00:00Z' };
  const line = JSON.stringify({ ...at, stream: 'stdout', text: hostile });
  await server.ask('/v1/agent/logs', { key: agent, body: `${line}\n`, type: 'application/x-ndjson' });
  for (const action of ['cancel', 'terminate', 'pause', 'resume', 'signals', 'approvals', 'rerun']) {
    const body = { reason: hostile, name: hostile, comment: hostile, decision: 'approve', from: hostile };
    await server.ask(`/v1/workflows/${run}/${action}`, { key: admin, body });
  }
  for (const part of [hostile, latin]) {
    await server.ask(`/v1/workflows/${encodeURIComponent(part)}`, { key: admin });
    await server.ask(`/v1/nodes/${encodeURIComponent(part)}`, { key: admin });
    await server.ask(`/${encodeURIComponent(part)}?${encodeURIComponent(part)}=${encodeURIComponent(part)}`, {
      key: admin,
    });
    await server.ask(`/v1/workflows?name=${encodeURIComponent(part)}&cursor=${encodeURIComponent(part)}`, {
      key: admin,
    });
  }
  for (const head of [
    `GET /v1/workflows HTTP/1.1\r\nHost: ${latin}\r\nAuthorization: Bearer ${latin}\r\nConnection: close\r\n\r\n`,
    `GET /\u001b[2Jforged-line HTTP/1.1\r\nHost: a\r\n\r\n`,
    `FORGED\u001b[2J / HTTP/1.1\r\nHost: a\r\n\r\n`,
    `GET / HTTP/1.1\r\nHost: a\r\nX-Request-Id: a\rforged-line\r\n\r\n`,
  ]) {
    using connection = await connectRaw(server.url);
    connection.write(head);
    await connection.ended();
  }
  // What is no secret of this server's, and looks like one.
  await server.ask('/v1/workflows', { key, headers: { 'X-API-Key': key } });
  await server.ask(`/v1/workflows?token=${key}`, { key: admin });
  await server.ask('/v1/workflows', { key: admin, body: { workflow: workflow('fine'), secrets: { PASSWORD: word } } });
  return run;
}

it('nothing that clients write ends a line of the log, forges one or reaches a terminal, and no key is in it', {
  timeout: 90_000,
}, async () => {
  const server = await guardedServer({ config: 'log-level: debug' });
  const [admin, agent] = [await server.key('admin'), await server.key('agent')];
  const run = await writeEverywhere(server, admin, agent);
  await expect
    .poll(async () => (await server.ask(`/v1/workflows/${run}`, { key: admin })).body['ended_at'])
    .toBeDefined();
  const answers = [
    await server.ask(`/v1/workflows/${run}/logs?format=text`, { key: admin }),
    await server.ask('/metrics', { key: admin }),
    await server.ask('/v1/calls?limit=100', { key: admin }),
  ];
  server.process.kill('SIGTERM');
  const { stderr, stdout } = await server.process.ended;
  expect(stdout).toBe('');
  const lines = stderr.split('\n').filter((line) => line !== '');
  expect(lines.length).toBeGreaterThan(30);
  for (const line of lines) {
    // One object of the server's own on each, printable alone.
    const { level, message } = JSON.parse(line) as { readonly level: string; readonly message: string }; // See the assertion.
    expect([line, ['error', 'warn', 'info', 'debug'].includes(level)]).toEqual([line, true]);
    expect(message).not.toContain('forged');
    expect(line).not.toMatch(unprintable);
  }
  for (const secret of [admin, agent, key, word]) {
    for (const text of [stderr, ...answers.map((answer) => answer.text)]) expect(text).not.toContain(secret);
  }
  // The text of the log is one line for each, and so is each metric.
  for (const { text } of answers) expect(text).not.toMatch(/^(?:forged-line|\{"level")/mu);
  for (const { text } of answers) expect(text).not.toContain('\u001b');
});
