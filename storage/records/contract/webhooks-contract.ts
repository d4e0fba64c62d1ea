import { describe, expect, it } from 'vitest';
import { digestNamed, exampleRun, exampleWebhook, someTime } from './samples.ts';
import { errorOf, type MakeStore } from './store.ts';

const delivery = { webhook: 'whk_1', id: 'delivery-1', received_at: someTime, expires_at: someTime + 100 };

export function describeWebhooks(makeStore: MakeStore): void {
  describe('webhooks', () => {
    it('are kept, listed by tenant, changed and removed; unknown ones are said to be', async () => {
      await using store = await makeStore();
      const { webhooks } = await store.open();
      const [first, second] = [exampleWebhook(), exampleWebhook({ id: 'whk_2', tenant: 'other', paused: true })];
      await webhooks.add(first);
      await webhooks.add(second);
      expect(await webhooks.get('whk_2')).toEqual(second);
      expect(await webhooks.get('whk_3')).toBeUndefined();
      expect(await webhooks.list()).toEqual([first, second]);
      expect(await webhooks.list('other')).toEqual([second]);
      const changes = {
        name: 'tags',
        vars: { region: 'us' },
        labels: { team: 'web' },
        sealed_secret: 'anew',
        paused: true,
      };
      expect(await webhooks.update('whk_1', changes)).toBe(true);
      expect(await webhooks.get('whk_1')).toEqual({ ...first, ...changes });
      expect(await webhooks.update('whk_1', {})).toBe(true);
      expect(await webhooks.update('whk_3', changes)).toBe(false);
      expect(await errorOf(webhooks.update('whk_1', { plan: digestNamed('lost') }))).toMatchObject({
        code: 'NOT_FOUND',
      });
      expect(await webhooks.remove('whk_1')).toBe(true);
      expect(await webhooks.remove('whk_1')).toBe(false);
      expect(await webhooks.list()).toEqual([second]);
    });

    it('accept a delivery once, with its run, until it expires', async () => {
      await using store = await makeStore();
      const { webhooks, runs } = await store.open();
      await webhooks.add(exampleWebhook());
      await webhooks.add(exampleWebhook({ id: 'whk_2', name: 'tags' }));
      const run = exampleRun();
      expect(await webhooks.deliver(delivery, run)).toBe('accepted');
      expect(await webhooks.deliver(delivery, exampleRun())).toBe('repeated');
      expect((await runs.list({}, { limit: 9 })).rows).toEqual([run]);
      expect(await webhooks.deliver({ ...delivery, webhook: 'whk_2' })).toBe('accepted');
      const later = { ...delivery, received_at: someTime + 100, expires_at: someTime + 200 };
      expect(await webhooks.deliver(later, exampleRun())).toBe('accepted');
      expect(await webhooks.deliver(later, exampleRun())).toBe('repeated');
    });

    it('keep no delivery whose run is refused, and none of a webhook that is unknown or removed', async () => {
      await using store = await makeStore();
      const { webhooks, runs } = await store.open();
      expect(await errorOf(webhooks.deliver(delivery, exampleRun()))).toMatchObject({ code: 'NOT_FOUND' });
      await webhooks.add(exampleWebhook());
      const run = exampleRun();
      await runs.submit(run);
      expect(await errorOf(webhooks.deliver(delivery, run))).toMatchObject({ code: 'CONFLICT' });
      expect(await webhooks.deliver(delivery, exampleRun())).toBe('accepted');
      await webhooks.remove('whk_1');
      expect(await errorOf(webhooks.deliver({ ...delivery, id: 'two' }))).toMatchObject({ code: 'NOT_FOUND' });
      await webhooks.add(exampleWebhook());
      expect(await webhooks.deliver(delivery)).toBe('accepted');
    });

    it('accept each delivery once, whichever of two servers it reaches', async () => {
      await using store = await makeStore();
      const [one, two] = [await store.open(), await store.open()];
      await one.webhooks.add(exampleWebhook());
      for (let number = 0; number < 10; number += 1) {
        const sent = { ...delivery, id: `delivery-${number}` };
        const answers = await Promise.all(
          Array.from({ length: 8 }, (_, index) => (index % 2 === 0 ? one : two).webhooks.deliver(sent, exampleRun())),
        );
        expect(answers.filter((answer) => answer === 'accepted')).toHaveLength(1);
      }
      expect(await two.runs.count({})).toEqual({ accepted: 10 });
    });
  });
}
