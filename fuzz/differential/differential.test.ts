import { describe, expect, it } from 'vitest';
import { processTerminal } from '../../cli/terminal.ts';
import { Random } from '../random.ts';
import { bothCourses } from './compare.ts';
import { compareRuns } from './run.ts';
import { scriptedWorkflow } from './workflow.ts';

const terminal = processTerminal(process);

/** A run takes about a second; a busy machine and a first start of sandboxes take their time. */
const deadlineMs = 300_000;

describe('the same workflow on the machines and on the embedded engine with real plugins', () => {
  it(
    'ends its steps and jobs in the same way',
    async () => {
      expect(await compareRuns({ seed: 1, first: 0, end: 8 }, terminal)).toEqual([]);
    },
    deadlineMs,
  );

  it(
    'is seen to differ where a plugin does something else than the script says',
    async () => {
      const source = `on: manual\njobs:\n  a:\n    steps:\n      - { id: s, uses: ./plugins/act, with: { fates: failure } }\n`;
      const workflow = { source, script: { entries: [], hosts: {} }, decisions: new Map(), unordered: false };
      const { simulated, real } = await bothCourses(workflow, terminal);
      expect([simulated.status, real.status]).toEqual(['success', 'failure']);
      expect(real.steps).toEqual({ a: ['["s","failure","failure",1,"{}","STEP_FAILED"]'] });
    },
    deadlineMs,
  );

  it('is made of every sort of step and job', () => {
    const sources = Array.from({ length: 60 }, (_, number) => scriptedWorkflow(Random.ofCase(1, number)).source).join(
      '',
    );
    const parts = [
      'for-each@v1',
      'if@v1',
      'approval@v1',
      'wait-for@v1',
      'sleep@v1',
      'run:',
      './plugins/act',
      './called.yml',
    ];
    const keys = ['matrix:', 'retry:', 'hosts: all', 'concurrency:', 'continue-on-error:', 'needs:', 'fail-fast:'];
    expect([...parts, ...keys].filter((part) => !sources.includes(part))).toEqual([]);
  });
});
