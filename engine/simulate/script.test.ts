import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { planOf } from '../machine/testing/plans.ts';
import { parseScript } from './script.ts';
import { splitAssignments } from './split.ts';
import { refusal, simulated } from './testing/simulated.ts';

const sketch = {
  workflows: { 'other.yml': { jobs: { build: { steps: [{ id: 'compile' }] } } } },
  jobs: {
    build: { steps: [{ id: 'compile' }, { id: 'nap', uses: 'sleep@v1', with: { duration: '1s' } }] },
    gate: { steps: [{ id: 'review', uses: 'approval@v1' }] },
    web: { runsOn: 'web', fleet: {}, steps: [{ id: 'ship' }] },
    release: { calls: 'other.yml' },
  },
};

describe('a script', () => {
  it.each([
    ['biuld=failure', 'there is no job `biuld`. Did you mean `build`?'],
    ['compile=failure', '2 jobs have a step `compile`. Write one of `build.compile`, `release / build.compile`.'],
    ['build.compil=failure', 'the job `build` has no step `compil`. Did you mean `compile`?'],
    ['build.compile=falure', "`falure` can't come of it. Did you mean `failure`?"],
    ['build.compile=skipped', 'what is skipped is decided by conditions.'],
    ['build.compile=reject', "`reject` can't come of it. Possible here: success,"],
    ['gate=failure', "`failure` can't come of it. Possible here: approve, reject,"],
    ['build.nap=failure', 'nothing can happen to `build.nap` but what the workflow says.'],
    ['release.compile=failure', 'It calls a workflow; name a job of that, as `release / JOB`.'],
    ['release / biuld=failure', 'there is no job `release / biuld`. Did you mean `release / build`?'],
    ['build', '`build` has no result.'],
    ['build.compile:=failure', 'has a result, not a value'],
    ['build.compile.outputs.x:={', 'holds no JSON'],
    ['build.compile.takes=soon', '`soon` is no duration'],
    ['build.nap.takes=1s', '`build.nap` takes no time of its own'],
    ['gate.review.outputs.by=me', 'has no outputs of its own to set'],
    ['build.compile.payload=x', 'only a step of wait-for@v1 has a payload'],
    ['§=failure', '`§` is no job or step'],
    ['gate.review=push-back', "can't be pushed back to"],
  ])('refuses %s', (script, told) => {
    expect(refusal(sketch, script)).toContain(told);
  });

  it.each([
    ['web', '`web` has no hosts'],
    ['wbe=a', 'no fleet runs on the queue `wbe`. Did you mean `web`?'],
  ])('refuses the hosts %s', (hosts, told) => {
    expect(refusal(sketch, '', [hosts])).toContain(told);
  });

  it('keeps commas and equals signs in brackets and quotes together', () => {
    expect(splitAssignments('a (x, y=1).b=failure, c.d.outputs.e:={"f": "g,}=", "h": [1, 2]},')).toEqual({
      ok: [
        { written: 'a (x, y=1).b=failure', target: 'a (x, y=1).b', value: 'failure', typed: false },
        {
          written: 'c.d.outputs.e:={"f": "g,}=", "h": [1, 2]}',
          target: 'c.d.outputs.e',
          value: '{"f": "g,}=", "h": [1, 2]}',
          typed: true,
        },
      ],
    });
  });

  it('lets its last word about something count', () => {
    expect(simulated(sketch, 'build.compile=failure, build.compile=success').status).toBe('success');
  });

  it('answers any text with a script or an error that has a remedy', () => {
    const plan = planOf(sketch);
    const piece = fc.constantFrom(
      'build',
      '.',
      'compile',
      '=',
      ',',
      ' / ',
      '(',
      ')',
      '@',
      '[3]',
      ':=',
      '>',
      'failure',
      '"',
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(piece).map((pieces) => pieces.join('')),
        ),
        (text) => {
          const parsed = parseScript(plan, { simulate: [text], hosts: [text] });
          expect('ok' in parsed || parsed.error.remedy !== '').toBe(true);
        },
      ),
    );
  });
});
