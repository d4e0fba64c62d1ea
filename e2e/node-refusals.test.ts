/**
 * What each node does by `waterflow run` where a step was left without the grant that it needs, where an input is hostile, and where what it
 * works with fails. All that nodes refuse is in agent/built-in; this shows that it holds from the command to the summary.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { globSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { composeClients } from '../agent/built-in/testing/compose-world.ts';
import type { RunSummary } from '../engine/port.ts';
import { launcher, summaryOf } from './command.ts';
import { needs } from './require.ts';

/** A server that hangs up on everybody. */
let server: Server;
let port = 0;
beforeAll(async () => {
  server = createServer((socket) => void socket.on('error', () => undefined).destroy()).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  port = typeof address === 'object' && address !== null ? address.port : 0;
});
afterAll(() => server.close());

/** The shipped one, and what only an operator can give: that address of this machine. */
const policy = (): string => `version: 1
require: { confinement: 0 }
rules:
  - plugin: built-in
    allow:
      net: [{ url: "http://127.0.0.1:${port}/**", methods: ["*"], headers: ["*"], secrets: ["*"], private: true }]
      ssh: [{ host: 127.0.0.1, port: ${port}, user: "*", secrets: ["*"], read: /**, write: /**, private: true }]
  - { plugin: built-in, allow: requested, profile: host }
`;

/** A playbook that would show. */
const play = `- { run: 'echo "$PLAY" > site.yml', env: { PLAY: "[{ hosts: all, gather_facts: false, tasks: [{ command: touch ran }] }]" } }`;

/** Steps, of which the one with the id `try` has to fail, in which way. */
interface Failing {
  readonly steps: string;
  readonly code: string;
  readonly says: RegExp;
}

interface Refusals {
  readonly node: string;
  /** What `inputs.hostile` is. */
  readonly hostile: string;
  readonly lacks: Failing;
  readonly attacked: Failing;
  readonly faulty: Failing;
}

/** With permissions that are of no use to it. */
const lacking = (node: string, inputs: string): Failing => ({
  steps: `- { id: try, uses: ${node}@v1, with: { ${inputs} }, permissions: { fs: [{ read: "**" }] } }`,
  code: 'DENIED',
  says: new RegExp(`^${node} may not call .*the permissions of the step`, 's'),
});

const login = 'host: 127.0.0.1, port: PORT, user: me, password: "${{ secrets.PASSWORD }}", host-key: KEY';

const cases: readonly Refusals[] = [
  {
    node: 'run',
    hostile: '../../bin/bash',
    lacks: lacking('run', 'script: touch ran'),
    attacked: {
      steps: '- { id: try, uses: run@v1, with: { script: touch ran, shell: "${{ inputs.hostile }}" } }',
      code: 'INVALID_INPUT',
      says: /shell/,
    },
    faulty: { steps: '- { id: try, run: kill -KILL $$ }', code: 'STEP_FAILED', says: /^exit code 137$/ },
  },
  {
    node: 'checkout',
    hostile: 'ext::sh -c touch% ran',
    lacks: lacking('checkout', 'repository: /srv/git/none.git'),
    attacked: {
      steps: '- { id: try, uses: checkout@v1, with: { repository: "${{ inputs.hostile }}" } }',
      code: 'STEP_FAILED',
      says: /repository/,
    },
    faulty: {
      steps: '- { id: try, uses: checkout@v1, with: { repository: "https://127.0.0.1:PORT/x.git" } }',
      code: 'STEP_FAILED',
      says: /git ls-remote/,
    },
  },
  {
    node: 'http',
    hostile: 'a\r\nHost: evil.example.com',
    lacks: lacking('http', 'url: "http://127.0.0.1:PORT/"'),
    attacked: {
      steps:
        '- { id: try, uses: http@v1, with: { url: "http://127.0.0.1:PORT/", headers: { X-A: "${{ inputs.hostile }}" } } }',
      code: 'STEP_FAILED',
      says: /header/,
    },
    faulty: {
      steps: '- { id: try, uses: http@v1, with: { url: "http://127.0.0.1:PORT/", download: whole } }',
      code: 'STEP_FAILED',
      says: /other side closed|ECONNRESET/,
    },
  },
  {
    node: 'cache',
    hostile: '../../etc',
    lacks: lacking('cache', 'mode: restore, path: kept, key: k'),
    attacked: {
      steps: '- { id: try, uses: cache@v1, with: { mode: save, path: "${{ inputs.hostile }}", key: k } }',
      code: 'STEP_FAILED',
      says: /not in the workspace/,
    },
    faulty: {
      steps: `- run: mkdir kept && echo text > kept/file
- { uses: cache@v1, with: { mode: save, path: kept, key: k } }
- { run: 'find "$ARCHIVES" -path "*/contents/*" -type f -exec truncate --size=9 {} +', env: { ARCHIVES: "\${{ inputs.state }}/store-archives" } }
- { id: try, uses: cache@v1, with: { mode: restore, path: kept, key: k, fail-on-miss: true } }`,
      code: 'STEP_FAILED',
      says: /^nothing is kept under k/,
    },
  },
  {
    node: 'file-transfer',
    hostile: '../../etc/cron.d/x',
    lacks: lacking('file-transfer', `${login}, mode: exec, command: id`),
    attacked: {
      steps: `- { id: try, uses: file-transfer@v1, with: { ${login}, mode: download, from: /a, to: "\${{ inputs.hostile }}" } }`,
      code: 'INVALID_INPUT',
      says: /leaves the workspace/,
    },
    faulty: {
      steps: `- { id: try, uses: file-transfer@v1, with: { ${login}, mode: download, from: /a, to: whole } }`,
      code: 'STEP_FAILED',
      says: /127\.0\.0\.1/,
    },
  },
  {
    node: 'notify',
    hostile: 'a\r\nHost: evil.example.com',
    lacks: lacking('notify', 'via: webhook, url: "http://127.0.0.1:PORT/", message: hello'),
    attacked: {
      steps:
        '- { id: try, uses: notify@v1, with: { via: webhook, url: "http://127.0.0.1:PORT/", message: hello, headers: { X-A: "${{ inputs.hostile }}" } } }',
      code: 'STEP_FAILED',
      says: /line break/,
    },
    faulty: {
      steps: '- { id: try, uses: notify@v1, with: { via: webhook, url: "http://127.0.0.1:PORT/", message: hello } }',
      code: 'STEP_FAILED',
      says: /other side closed|ECONNRESET/,
    },
  },
  {
    node: 'ansible',
    hostile: '@/etc/passwd',
    lacks: {
      ...lacking('ansible', 'playbook: site.yml'),
      steps: `${play}\n${lacking('ansible', 'playbook: site.yml').steps}`,
    },
    attacked: {
      steps: `${play}
- { id: try, uses: ansible@v1, with: { playbook: site.yml, limit: "\${{ inputs.hostile }}" } }`,
      code: 'STEP_FAILED',
      says: /never a file/,
    },
    faulty: {
      steps: `${play}
- { id: try, uses: ansible@v1, with: { playbook: site.yml, hosts: { web: { ansible_host: 127.0.0.1, ansible_port: PORT } } } }`,
      code: 'STEP_FAILED',
      says: /could not be reached \(web\)/,
    },
  },
  {
    node: 'docker',
    hostile: '../..',
    lacks: lacking('docker', 'image: waterflow.test/none:1, pull: never'),
    attacked: {
      steps:
        '- { id: try, uses: docker@v1, with: { image: waterflow.test/none:1, mounts: [{ path: "${{ inputs.hostile }}", target: /x }] } }',
      code: 'INVALID_INPUT',
      says: /leaves the workspace/,
    },
    faulty: {
      steps: '- { id: try, uses: docker@v1, with: { operation: pull, image: "127.0.0.1:PORT/none:1" } }',
      code: 'STEP_FAILED',
      says: /none:1/,
    },
  },
  {
    node: 'docker-compose',
    hostile: 'true',
    lacks: lacking('docker-compose', 'operation: ps, images: [waterflow.test/none:1]'),
    attacked: {
      steps: `- { run: 'echo "$FILE" > docker-compose.yml', env: { FILE: '{ version: "3", services: { web: { image: "waterflow.test/none:1", privileged: \${{ inputs.hostile }} } } }' } }
- { id: try, uses: docker-compose@v1, with: { images: [waterflow.test/none:1] } }`,
      code: 'STEP_FAILED',
      says: /privileged/,
    },
    faulty: {
      steps: `- { run: 'echo "$FILE" > docker-compose.yml', env: { FILE: '{ version: "3", services: { web: { image: "127.0.0.1:PORT/none:1" } } }' } }
- { id: try, uses: docker-compose@v1, with: { images: ["127.0.0.1:PORT/none:1"] } }`,
      code: 'STEP_FAILED',
      says: /./,
    },
  },
];
const needed: Readonly<Record<string, boolean>> = {
  ansible: [await needs('ansible'), await needs('ssh')].every(Boolean),
  docker: await needs('docker'),
  'docker-compose': (await composeClients()).length > 0,
};

const chosen = cases.filter(({ node }) => needed[node] ?? true);
const situations = ['lacks', 'attacked', 'faulty'] as const;
const tried = chosen.flatMap((refusals) =>
  situations.map((situation) => ({ ...refusals[situation], node: refusals.node, situation })),
);

/** All in one workflow, a job for each node; what is hostile is an input, and stands nowhere in the file. */
function workflow(): string {
  const inputs = chosen.map(({ node }) => `${node}: { type: string }`);
  const jobs = chosen.map((refusals) => {
    const steps = situations.map((situation) =>
      refusals[situation].steps.replace('id: try,', `id: ${situation}, continue-on-error: true,`),
    );
    const lines = steps.join('\n').replaceAll('inputs.hostile', `inputs.${refusals.node}`);
    return `  ${refusals.node}:\n    steps:\n${lines.replaceAll(/^/gm, '      ')}\n`;
  });
  const whole = `name: refusals\non: { manual: { inputs: { ${inputs.join(', ')}, state: { type: string } } } }\njobs:\n${jobs.join('')}`;
  return whole.replaceAll('PORT', String(port)).replaceAll('KEY', `"SHA256:${'A'.repeat(43)}"`);
}

describe('a step of', () => {
  const folder = mkdtempSync(join(tmpdir(), 'waterflow-e2e-refusals-'));
  let summary: RunSummary;
  let said = '';
  beforeAll(async () => {
    writeFileSync(join(folder, 'refusals.yml'), workflow());
    writeFileSync(join(folder, 'policy.yaml'), policy());
    const state = join(folder, 'state');
    const inputs = { ...Object.fromEntries(chosen.map(({ node, hostile }) => [node, hostile])), state };
    const words = Object.entries(inputs).flatMap(([name, value]) => ['--input', `${name}=${value}`]);
    const options = [
      '--secret',
      'PASSWORD=correct-horse-battery',
      '--policy',
      'policy.yaml',
      '--state',
      state,
      '--json',
    ];
    const child = spawn(process.execPath, [launcher, 'run', 'refusals.yml', ...words, ...options], { cwd: folder });
    const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
    said = stdout + stderr;
    summary = summaryOf({ stdout, stderr });
  }, 300_000);
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it.each(tried)('$node@v1 fails where it is $situation', ({ node, situation, code, says }) => {
    const step = summary.jobs[node]?.steps[situation];
    expect(step).toMatchObject({ outcome: 'failure', error: { code, message: expect.stringMatching(says) } });
    expect(situation !== 'lacks' || step?.host_calls.denied === 1).toBe(true);
  });

  it('cache@v1 says that what it kept is damaged', () => {
    expect(said).toContain('what was kept under k (main) was damaged');
  });

  it('any of them never prints a secret', () => {
    expect(said).not.toContain('correct-horse');
  });

  it('any of them leaves nothing that the hostile input asked for', () => {
    expect(globSync('**/ran', { cwd: folder })).toEqual([]);
  });
});
