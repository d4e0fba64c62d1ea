import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { createClient, NoAnswerError, TimedOutError, WaterflowError } from './index.ts';

/** A client whose requests go nowhere but here, and their authorizations. */
function clientWith(
  apiKey: string,
  answer: (signal: AbortSignal) => Promise<Response> = () => Promise.resolve(Response.json({ id: 'a' })),
) {
  const seen: (string | null)[] = [];
  const fetchIt: typeof fetch = (_, init) => {
    seen.push(new Headers(init?.headers).get('authorization'));
    return answer(init?.signal ?? new AbortController().signal);
  };
  const client = createClient({ url: 'http://127.0.0.1:1', apiKey, retryForMs: 0, powers: { fetch: fetchIt } });
  return { client, seen };
}

describe('a key', () => {
  it('goes without the white space of its file', async () => {
    const { client, seen } = clientWith('  s3cret-of-the-test\n');
    await client.caller();
    expect(seen).toEqual(['Bearer s3cret-of-the-test']);
  });

  it.each(['s3cret-\nof-the-test', 's3cret-of-the-tést', '\n'])(
    'that no header can hold is refused unseen: %j',
    async (key) => {
      const { client, seen } = clientWith(key);
      const error = await client.caller().catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(WaterflowError);
      expect(error).toMatchObject({ code: 'USAGE' });
      expect(inspect(error)).not.toMatch(/s3cret|of-the/u);
      expect(seen).toEqual([]);
    },
  );

  it('of idempotency is held to the same', async () => {
    const { client } = clientWith('key');
    const submitted = client.submit({ workflow: 'jobs: {}' }, { idempotencyKey: 'a b' });
    await expect(submitted).rejects.toMatchObject({ code: 'USAGE' });
  });
});

describe('an error', () => {
  it('has the class that is documented, by its name and where it is shown', async () => {
    const gone = Object.assign(new TypeError('fetch failed'), {
      cause: Object.assign(new Error('no'), { code: 'ECONNREFUSED' }),
    });
    const error: unknown = await clientWith('key', () => Promise.reject(gone))
      .client.caller()
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ name: 'NoAnswerError', constructor: NoAnswerError, neverSent: true });
    const silent = (signal: AbortSignal): Promise<Response> =>
      new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)));
    const late: unknown = await clientWith('key', silent)
      .client.caller({ timeoutMs: 1 })
      .catch((thrown: unknown) => thrown);
    expect(late).toMatchObject({ name: 'TimedOutError', constructor: TimedOutError });
  });
});
