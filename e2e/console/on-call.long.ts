/** Whoever is on call, with the console and a key alone: why a run failed and what to do is on the screen within a few clicks. */
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTemporal } from '../../engine/temporal/testing/temporal-server.ts';
import { openBrowser } from '../browser.ts';
import { needs } from '../require.ts';
import { deniedCall, flakyStep, lostAgent, type Planted, queueWithoutAgents, wrongExpression } from './failures.ts';
import { OnCall } from './on-call-person.ts';

const hasBrowser = await needs('chromium');
const hasTemporal = await needs('temporal');
const temporal = hasBrowser && hasTemporal ? await startTemporal({ namespaces: ['queue', 'agent'] }) : undefined;
let browser: Browser | undefined;
beforeAll(async () => {
  if (hasBrowser) browser = await openBrowser();
});
afterAll(async () => {
  await browser?.close();
  await temporal?.[Symbol.asyncDispose]();
});

/** Somebody with the key that belongs to what was planted. */
async function onCallAt(planted: Planted): Promise<OnCall> {
  if (browser === undefined) throw new Error('there is no browser');
  return await OnCall.begin(browser, planted);
}

describe.skipIf(!hasBrowser)('whoever is on call finds in the console', () => {
  it('the call that was denied, by whom, since when, and what would allow it', async () => {
    const person = await onCallAt(await deniedCall());
    await person.reads('release-notes may not call net.request');
    await person.follow('Release v1.4.0');
    await person.reads(
      'net.request POST https://hooks.chat.example/services/T042',
      'the plugin release-notes is release-notes 1.2.0',
      'The least that would allow it, if the plugin should have it:',
      'plugin: release-notes',
    );
    await person.seesAtOnce('The least that would allow it');
    await person.follow('The refused host calls of this place');
    await person.seesAtOnce('not carried out');
    expect(person.clicks).toBe(2);
  });

  it('what is flaky: in a run that went well, in one that failed in each attempt, and from one run to the next', async () => {
    const person = await onCallAt(await flakyStep());
    await person.follow('end to end');
    await person.reads('FAIL cart.spec: the basket is empty', 'Flaky:', /failed in 2 of the last 4 runs/u);
    await person.seesAtOnce('FAIL cart.spec: the basket is empty');
    expect(person.clicks).toBe(1);
    await person.back();
    await person.follow('mirror');
    await person.reads('mirror.example answered 503', /as in each of its 3 attempts/u);
    expect(await person.page.locator('main').getByText('give the step a `retry`').count()).toBe(0);
    await person.back();
    await person.follow('integration');
    await person.open(/though not straight on: 1 tried again/u);
    await person.reads(/3 attempts · flaky/u, 'Wait for the database');
  });

  it('an expression that reads what is not there, one of another type, and a condition that skips a job', async () => {
    const person = await onCallAt(await wrongExpression());
    await person.follow('nightly build');
    await person.reads(
      'fromJSON(needs.build.outputs.artifacts)',
      /has no output `artefacts`: did you mean `artifacts`\?/u,
    );
    await person.back();
    await person.follow('fetch sources');
    await person.reads('INVALID_INPUT', /depth/u);
    await person.back();
    await person.follow('Deploy refs/heads/main');
    await person.open(/though not straight on: 2 skipped/u);
    await person.reads("success() && (needs.build.outputs.branch == 'main')", 'refs/heads/main');
    expect(person.clicks).toBe(6);
  });
});

describe.skipIf(temporal === undefined)('whoever is on call of agents finds in the console', () => {
  it('the queue that nobody serves, who served it, and until when the job waits', async () => {
    if (temporal === undefined) return;
    const person = await onCallAt(await queueWithoutAgents(temporal, 'queue'));
    await person.reads('No agent takes a job of it from its queue.', 'Its queues: ');
    await person.follow('Train large');
    await person.reads(
      /no agent serves the queue gpu; before, gpu-box had it, in run-/u,
      /given up/u,
      'waterflow agent',
    );
    await person.seesAtOnce(/no agent serves the queue gpu/u);
    await person.follow('The queues');
    await person.reads('gpu', 'Nobody takes from it: start an agent that serves this queue.');
    expect(person.clicks).toBe(2);
  });

  it('the agent that was lost, how it is now, and that nobody else serves its queue', async () => {
    if (temporal === undefined) return;
    const person = await onCallAt(await lostAgent(temporal, 'agent'));
    await person.reads('AGENT_LOST');
    await person.follow('backup');
    await person.reads(/the agent `storage-1` that ran step `dump\/0` was lost/u, /is at the moment: Not heard of/u);
    await person.reads('which no agent takes from at the moment: run it again once one does');
    await person.seesAtOnce('which no agent takes from at the moment');
    await person.follow('storage-1');
    await person.reads('storage-1', 'Not heard of');
    expect(person.clicks).toBe(2);
  });
});
