import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { runCommandLine } from '../main.ts';
import { testTerminal, textStream } from '../testing/terminal.ts';

const run = 'run-01m8j0t0b95exjjvwk4a78vbm4';
/** Takes the cursor back, clears what stands below, renames the window, turns the text around. */
const evil = '\u001b[2A\r\u001b[J\u001b]0;owned\u0007\u202eevil\u009b1m\nline';

const job = {
  name: evil,
  status: evil,
  attempts: 1,
  reason: evil,
  outputs: {},
  steps: { [evil]: { name: evil, status: 'running', attempts: 1 } },
};
const details = {
  id: run,
  name: evil,
  workflow: evil,
  file: evil,
  status: evil,
  attempt: 1,
  created_at: evil,
  awaits: [{ kind: 'approval', name: evil, job: evil, step: evil, approvers: [evil], message: evil, push_back_to: [] }],
  error: { code: 'INTERNAL', message: evil, remedy: evil },
  jobs: { [evil]: job },
};
const schedule = {
  id: evil,
  name: evil,
  cron: evil,
  timezone: evil,
  overlap: evil,
  created_at: evil,
  created_by: evil,
  next_runs: [evil],
};
const webhook = { id: evil, name: evil, delivery_url: evil, secret: evil, created_at: evil, created_by: evil };
const line = { job: evil, step: evil, job_attempt: 1, attempt: 1, text: evil };

const place = { job: evil, step: evil };
const attempt = { run_attempt: 1, job_attempt: 1, attempt: 1, at: '2026-01-01T00:00:00Z', code: evil, message: evil };
const cause = {
  job: evil,
  step: evil,
  code: evil,
  sentence: evil,
  message: evil,
  rule: evil,
  agent: evil,
  last_lines: [evil],
  fixes: [evil],
  at: { file: evil, line: 1, column: 1 },
  plugin: { name: evil, version: evil, digest: evil },
  refused_calls: [{ capability: evil, operation: evil, subject: evil, decision: 'denied', reason: evil, rule: 'x' }],
  earlier_attempts: [attempt],
};
const explanation = {
  version: 1,
  run: evil,
  workflow: evil,
  file: evil,
  name: evil,
  attempt: 1,
  status: 'failure',
  answer: evil,
  created_at: '2026-01-01T00:00:00Z',
  causes: [cause],
  consequences: [{ job: evil, status: 'skipped', because: evil }],
  waits: [{ ...place, sentence: evil, who: evil }],
  retried: [{ ...place, attempts: 2, status: evil, verdict: 'flaky', failures: [attempt] }],
  skipped: [{ ...place, condition: evil, read: [{ path: evil, value: evil }], result: false }],
  tolerated: [{ ...place, code: evil, message: evil }],
  since: { run: evil, changes: [{ kind: 'input', text: evil }], same: [evil] },
  recurrence: { verdict: 'new', sentence: evil, failed_in: [], succeeded_in: [] },
  next: [{ words: [evil], about: 'run', why: evil }],
  gaps: [evil],
  left_out: { [evil]: 1 },
};

const answers: Readonly<Record<string, unknown>> = {
  '/v1/workflows': { workflows: [details], next_cursor: undefined },
  [`/v1/workflows/${run}`]: details,
  [`/v1/workflows/${run}/cancel`]: { ...details, takes_effect: evil },
  [`/v1/workflows/${run}/explanation`]: explanation,
  '/v1/schedules': { schedules: [schedule] },
  '/v1/schedules/sch_1': schedule,
  '/v1/schedules/sch_1/trigger': { id: evil },
  '/v1/webhooks': { webhooks: [webhook] },
  '/v1/webhooks/whk_1': webhook,
  '/v1/agents': { agents: [{ name: evil, queues: [evil], slots: { used: evil, total: evil }, os: evil, arch: evil }] },
  '/v1/queues': { queues: [{ name: evil, pollers: evil, backlog: evil }] },
  '/v1/nodes': { nodes: [{ name: evil, version: evil, runtime: evil, description: evil }] },
};

/** A server that says what it likes, to somebody at a terminal. */
async function said(argv: readonly string[]): Promise<string> {
  const server = createServer((request, response) => {
    const path = new URL(request.url ?? '', 'http://x').pathname;
    const answer = answers[path];
    if (path.endsWith('/logs')) {
      response.end(`data: ${JSON.stringify(line)}\n\nevent: end\ndata: ${JSON.stringify({ status: evil })}\n\n`);
    } else if (answer === undefined) {
      response.writeHead(404).end(JSON.stringify({ code: evil, detail: evil, remedy: evil, file: evil, rule: evil }));
    } else response.end(JSON.stringify(answer));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  const stdout = textStream({ interactive: true });
  const stderr = textStream({ interactive: true });
  const env = { WATERFLOW_SERVER_URL: `http://127.0.0.1:${port}`, XDG_CONFIG_HOME: '/nonexistent' };
  await runCommandLine(argv, { ...testTerminal({ env }), stdout, stderr });
  return stdout.text() + stderr.text();
}

describe('what a server says, at a terminal', () => {
  it.each([
    ['list'],
    [`get ${run}`],
    [`get latest`],
    [`explain ${run}`],
    [`explain ${run} --json`],
    [`logs ${run}`],
    [`logs -f ${run}`],
    [`cancel ${run}`],
    [`pause ${run}`],
    [`approve ${run}`],
    ['schedule list'],
    ['schedule show sch_1'],
    ['schedule trigger sch_1'],
    ['schedule show sch_2'],
    ['webhook list'],
    ['webhook show whk_1'],
    ['webhook rotate whk_1'],
    ['agents'],
    ['queues'],
    ['nodes'],
    [`list --json`],
    [`get ${run} --json`],
    [`logs ${run} --json`],
    [`pause ${run} --json`],
  ])('is nothing that the terminal would carry out: %s', async (words) => {
    const text = await said(words.split(' '));
    expect(text).not.toBe('');
    // oxlint-disable-next-line no-control-regex -- control characters are what must not be there
    expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e]/u);
  });
});
