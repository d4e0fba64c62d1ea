import { expect, it } from 'vitest';
import { follow, reach, requestOf, World } from '../contract/world.ts';
import type { ExampleWorkflow } from '../contract/plans.ts';
import { embeddedDriver } from '../embedded/testing/driver.ts';
import type { Explanation } from './api.ts';
import { fixesFor } from './fixes.ts';
import { readValues } from './read-values.ts';
import { explained, failingEngine } from './testing/explained.ts';

async function explanationOf(workflow: ExampleWorkflow): Promise<Explanation> {
  using world = new World();
  await using engine = embeddedDriver.open(world);
  const handle = await engine.start(requestOf(workflow));
  await follow(handle);
  return await explained(engine, handle.run);
}

const failing = { id: 's', with: { fail_times: 9 } };

it('jobs that run only where nothing failed did not run because of what did, however far before', async () => {
  const { consequences, skipped, answer } = await explanationOf({
    build: { steps: [failing] },
    pack: { needs: ['build'], if: '!failure()', steps: [{}] },
    ship: { needs: ['pack'], if: 'always() && !failure()', steps: [{}] },
    note: { needs: ['ship'], steps: [{}] },
    apart: { if: '!failure() && false', steps: [{}] },
  });
  expect(consequences.map(({ job, because }) => [job, because])).toEqual([
    ['pack', 'it needs job `build`, which failed'],
    ['ship', 'it needs job `pack`, which needs job `build`, which failed'],
    ['note', 'it needs job `ship`, which was skipped, which comes from job `build`'],
  ]);
  expect(skipped.map(({ job }) => job)).toEqual(['apart']);
  expect(answer).toContain('It kept 3 jobs from running to the end.');
});

it('an expression is told with what it read, and why an output of a job is empty', async () => {
  using world = new World();
  await using engine = embeddedDriver.open(world);
  const handle = await engine.start(
    requestOf({
      build: {
        outputs: { list: '${{ steps.pack.outputs.artefacts }}' },
        steps: [{ id: 'pack', with: { outputs: { artifacts: '["linux"]' } } }],
      },
      upload: { needs: ['build'], steps: [{}] },
    }),
  );
  await follow(handle);
  const run = await engine.inspect(handle.run);
  expect(readValues('fromJSON(needs.build.outputs.list)[inputs.place]', 'upload', run)).toEqual([
    {
      path: 'needs.build.outputs.list',
      value: '',
      note: 'it comes from `steps.pack.outputs.artefacts`, and step `pack` has no output `artefacts`: did you mean `artifacts`?',
    },
    { path: 'inputs.place', value: null },
  ]);
});

it('an output of a step that is not there is told with those that are', async () => {
  const { causes } = await explanationOf({
    a: {
      steps: [
        { id: 'first', with: { outputs: { one: '1' } } },
        { id: 's', if: 'fromJSON(steps.first.outputs.nothing) == 1' },
      ],
    },
  });
  expect(causes[0]?.read).toMatchObject([{ path: 'steps.first.outputs.nothing', value: null }]);
  expect(causes[0]?.read?.[0]?.note).toContain('step `first` has no output `nothing`: it has ');
});

it('what is tried again is not to be tried again, and what wrote nothing has no log to read', () => {
  const error = { code: 'STEP_FAILED', message: 'it broke', remedy: 'Look.' } as const;
  const [first, ...others] = fixesFor({ error, attempts: 1, hasExited: false, hasLog: true });
  expect([first, others[0]]).toEqual(['Look.', 'Read the last lines of its log.']);
  expect(others.join()).toContain('give the step a `retry`');
  const again = fixesFor({ error, attempts: 3, hasExited: true, hasLog: false }).join();
  expect(again).toContain('It failed in each of 3 attempts');
  expect(again).toContain('It wrote nothing');
  expect(again).not.toContain('give the step a `retry`');
});

it('a wait for an answer says since when it is and until when', async () => {
  using world = new World();
  await using engine = embeddedDriver.open(world);
  const steps = [{ id: 'gate', uses: 'approval@v1', with: { timeout: '1h' } }];
  const handle = await engine.start(requestOf({ a: { steps } }));
  await reach(handle, { type: 'awaiting' });
  const [wait] = (await explained(engine, handle.run)).waits;
  const since = Date.parse(wait?.since ?? '');
  expect(Date.parse(wait?.until ?? '') - since).toBe(3_600_000);
});

it('a script that ended so in each of its attempts says how many there were', async () => {
  const { answer, causes } = await explanationOf({
    a: { steps: [{ id: 's', with: { fail_times: 9, log: 'refused\n' }, retry: { attempts: 3, initialMs: 1 } }] },
  });
  expect(causes[0]).toMatchObject({ attempt: 3, last_lines: ['refused'] });
  expect(causes[0]?.fixes.join()).toContain('each of 3 attempts');
  expect(answer).toContain('It failed because step `a/s`');
});

it('an input that a plugin does not take is told with the expression that gave it, and what that read', async () => {
  using world = new World();
  const error = { code: 'INVALID_INPUT', message: 'inputs of script: `depth` must be of type integer' } as const;
  await using engine = failingEngine(world, { 'a/s': error });
  const handle = await engine.start({
    ...requestOf({ a: { steps: [{ id: 's', with: { depth: '${{ inputs.history }}', other: '${{ inputs.x }}' } }] } }),
    inputs: { history: 'ten' },
  });
  await follow(handle);
  const [cause] = (await explained(engine, handle.run)).causes;
  expect(cause).toMatchObject({ expression: 'inputs.history', read: [{ path: 'inputs.history', value: 'ten' }] });
});
