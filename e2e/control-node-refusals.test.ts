/**
 * What control nodes do by `waterflow run` where a step inside of one lacks a grant, where an input is hostile, and where what they do fails or
 * never comes. No code of theirs runs, so the nodes themselves ask for no grants; who may approve, and which payloads are taken, is in
 * signals.test.ts, and what a killed process leaves of them in language-crash.test.ts.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { folderWith, summaryOf, waterflow } from './command.ts';

/** Ends what it might be put into: an expression, a line, a string. */
const hostile = "' || true || '\nx";

const workflow = `name: refusals
on: { manual: { inputs: { hostile: { type: string }, ran: { type: string } } } }
env: { RAN: "\${{ inputs.ran }}" }
jobs:
  sleep:
    steps:
      - { id: attacked, continue-on-error: true, uses: sleep@v1, with: { duration: "\${{ inputs.hostile }}" } }
      - { id: faulty, continue-on-error: true, uses: sleep@v1, timeout-minutes: 0.01, with: { duration: 1h } }
  if:
    steps:
      - id: lacks
        continue-on-error: true
        uses: if@v1
        with: { condition: inputs.hostile != null, then: [{ run: touch "$RAN", permissions: { fs: [{ read: "**" }] } }] }
      - id: attacked
        continue-on-error: true
        uses: if@v1
        with: { condition: inputs.hostile == 'x', then: [{ run: touch "$RAN" }], else: [{ run: exit 3 }] }
      - id: faulty
        continue-on-error: true
        uses: if@v1
        with: { condition: fromJSON(inputs.hostile), then: [{ run: touch "$RAN" }] }
  for-each:
    steps:
      - id: lacks
        continue-on-error: true
        uses: for-each@v1
        with: { items: [1, 2], steps: [{ run: touch "$RAN", permissions: { fs: [{ read: "**" }] } }] }
      - id: attacked
        continue-on-error: true
        uses: for-each@v1
        with: { items: "\${{ fromJSON(inputs.hostile) }}", steps: [{ run: touch "$RAN" }] }
      - { id: faulty, continue-on-error: true, uses: for-each@v1, with: { items: [1, 2], steps: [{ run: kill -KILL $$ }] } }
  approval:
    steps:
      - id: attacked
        continue-on-error: true
        uses: approval@v1
        with: { approvers: "\${{ fromJSON(inputs.hostile) }}" }
      - { id: faulty, continue-on-error: true, uses: approval@v1, with: { timeout: 1s } }
  wait-for:
    steps:
      - { id: attacked, continue-on-error: true, uses: wait-for@v1, with: { signal: "\${{ inputs.hostile }}" } }
      - { id: faulty, continue-on-error: true, uses: wait-for@v1, with: { signal: payment, timeout: 1s } }
`;

const expected: Readonly<Record<string, Readonly<Record<string, readonly [code: string, message: RegExp]>>>> = {
  sleep: { attacked: ['INVALID_INPUT', /is no duration/], faulty: ['TIMEOUT', /sleeps longer/] },
  if: {
    lacks: ['DENIED', /^run may not call exec\.run: the permissions of the step/],
    // Of the other list: a text stays a text.
    attacked: ['STEP_FAILED', /^exit code 3$/],
    faulty: ['EVALUATION_FAILED', /which is not JSON/],
  },
  'for-each': {
    lacks: ['DENIED', /^run may not call exec\.run: the permissions of the step/],
    attacked: ['EVALUATION_FAILED', /which is not JSON/],
    faulty: ['STEP_FAILED', /^exit code 137$/],
  },
  approval: { attacked: ['EVALUATION_FAILED', /which is not JSON/], faulty: ['TIMEOUT', /nobody decided/] },
  'wait-for': { attacked: ['INVALID_INPUT', /is no name of a signal/], faulty: ['TIMEOUT', /did not come/] },
};

it('control nodes fail where a step in them lacks a grant, an input is hostile, or nothing comes', async () => {
  const cwd = folderWith({ 'refusals.yml': workflow });
  const argv = [
    'run',
    'refusals.yml',
    '--input',
    `hostile=${hostile}`,
    '--input',
    `ran=${join(cwd, 'ran')}`,
    '--state',
    'state',
    '--json',
  ];
  const { jobs } = summaryOf(await waterflow(argv, { cwd }));
  expect(existsSync(join(cwd, 'ran'))).toBe(false);
  for (const [node, steps] of Object.entries(expected)) {
    for (const [step, [code, message]] of Object.entries(steps)) {
      expect.soft(jobs[node]?.steps[step], `${node} ${step}`).toMatchObject({
        outcome: 'failure',
        error: { code, message: expect.stringMatching(message) },
      });
    }
  }
});
