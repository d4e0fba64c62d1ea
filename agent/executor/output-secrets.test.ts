import { describe, expect, it } from 'vitest';
import { createRedactor } from '../redaction/index.ts';
import { withoutSecrets } from './output-secrets.ts';

const secrets = { TOKEN: 'correct-horse-battery', PIN: '483920', LONG: 'correct-horse-battery-staple' };
const redactor = createRedactor(Object.values(secrets));

function checked(outputs: Parameters<typeof withoutSecrets>[0], given: readonly string[] = []) {
  return withoutSecrets(outputs, { values: Object.entries(secrets), redactor, givenToPrograms: () => given });
}

describe('the outputs of a step', () => {
  it('are what they are where they hold no secret', () => {
    const outputs = { a: ['x', 1, null, { b: '***' }] };
    expect(checked(outputs)).toEqual({ outputs });
  });

  it('fail the step where they hold a secret in any form or place, by its name and without its value', () => {
    const base64 = Buffer.from(`x${secrets.TOKEN}`).toString('base64');
    for (const outputs of [{ a: `is ${secrets.TOKEN}` }, { [secrets.TOKEN]: 1 }, { list: [{ base64 }] }]) {
      const failed = checked(outputs);
      expect(failed).toMatchObject({ error: { code: 'INVALID_OUTPUT', message: expect.stringContaining('`TOKEN`') } });
      expect(JSON.stringify(failed)).not.toContain(secrets.TOKEN);
    }
    expect(checked({ pin: 483920 })).toMatchObject({ error: { message: expect.stringContaining('`PIN`') } });
  });

  it('have a mask where a program printed what it was given', () => {
    expect(checked({ a: `is ${secrets.TOKEN}` }, [secrets.TOKEN])).toEqual({ outputs: { a: 'is ***' } });
    // What holds another secret's value is not that other one.
    expect(checked({ a: secrets.LONG }, [secrets.LONG])).toEqual({ outputs: { a: '***' } });
    expect(checked({ a: secrets.TOKEN, b: secrets.PIN }, [secrets.TOKEN])).toMatchObject({
      error: { message: expect.stringContaining('`PIN`') },
    });
  });
});
