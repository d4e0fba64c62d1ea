import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { type SignedRequest, sign, verify } from './signature.ts';

const secret = 'a-secret-of-some-length';
const body = Buffer.from('{"action":"published"}');
const now = Date.parse('2026-01-09T06:30:00Z');
const seconds = now / 1000;
const request = (headers: SignedRequest['headers'], receivedAt = now): SignedRequest => ({ headers, body, receivedAt });
const own = (value: string, receivedAt = now) => request({ 'x-waterflow-signature': value }, receivedAt);
const github = (headers: SignedRequest['headers'] = {}) => {
  const signature = createHmac('sha256', secret).update(body).digest('hex');
  return request({ 'x-hub-signature-256': `sha256=${signature}`, 'x-github-delivery': '72d3162e-cc78', ...headers });
};

describe('our own signature', () => {
  it('is HMAC-SHA-256 over the time, a dot and the body', () => {
    const hex = createHmac('sha256', secret).update(`${seconds}.{"action":"published"}`).digest('hex');
    expect(sign(body, secret, seconds)).toBe(`t=${seconds},v1=${hex}`);
    expect(verify(own(sign(body, secret, seconds)), secret)).toEqual({
      id: `v1:${hex}`,
      expiresAt: now + 24 * 60 * 60_000,
    });
  });

  it('holds for five minutes before and after its time', () => {
    const signed = sign(body, secret, seconds);
    for (const [late, isGood] of [
      [300_000, true],
      [300_001, false],
      [-300_000, true],
      [-300_001, false],
    ] as const) {
      expect(verify(own(signed, now + late), secret) !== undefined).toBe(isGood);
    }
  });

  it('may be one of several while a secret is changed, and names the same delivery', () => {
    const signed = sign(body, secret, seconds);
    const other = sign(body, 'another-secret-then', seconds).split(',')[1];
    expect(verify(own(`${signed},${other}`), secret)?.id).toBe(verify(own(signed), secret)?.id);
    expect(verify(own(`t=${seconds}, ${other}, ${signed.split(',')[1]}`), secret)?.id).toBe(
      verify(own(signed), secret)?.id,
    );
    expect(verify(own(signed.toUpperCase().replace('T=', 't=').replace('V1=', 'v1=')), secret)).toBeDefined();
  });

  it.each([
    ['none', ''],
    ['of another secret', sign(body, 'another-secret-then', seconds)],
    ['of another body', sign(Buffer.from('{}'), secret, seconds)],
    ['of another time', sign(body, secret, seconds - 1).replace(String(seconds - 1), String(seconds))],
    ['without a time', sign(body, secret, seconds).split(',')[1] ?? ''],
    ['with two times', `t=${seconds - 1},${sign(body, secret, seconds)}`],
    ['with a time that is no number', sign(body, secret, seconds).replace(/t=\d+/, 't=x')],
    ['shortened', sign(body, secret, seconds).slice(0, -1)],
    ['with five of them', `${sign(body, secret, seconds)}${',v1='.padEnd(68, '0').repeat(4)}`],
  ])('is refused: %s', (_, value) => {
    expect(verify(own(value), secret)).toBeUndefined();
  });
});

describe("GitHub's signature", () => {
  it('is none of ours over what that is over', () => {
    const [, hex = ''] = sign(body, secret, seconds).split(',v1=');
    const captured = {
      ...github({ 'x-hub-signature-256': `sha256=${hex}` }),
      body: Buffer.from(`${seconds}.${body.toString()}`),
    };
    expect(createHmac('sha256', secret).update(captured.body).digest('hex')).toBe(hex);
    expect(verify(captured, secret)).toBeUndefined();
  });

  it('is over the body, and its delivery is known by its id', () => {
    expect(verify(github(), secret)).toEqual({ id: 'github:72d3162e-cc78', expiresAt: now + 30 * 24 * 60 * 60_000 });
  });

  it('is refused without an id, with a strange one, and beside one of ours that is not good', () => {
    expect(verify(github({ 'x-github-delivery': undefined }), secret)).toBeUndefined();
    expect(verify(github({ 'x-github-delivery': 'a\nb' }), secret)).toBeUndefined();
    expect(verify(github({ 'x-waterflow-signature': 't=1,v1=00' }), secret)).toBeUndefined();
    expect(verify(github({ 'x-hub-signature-256': 'sha256=00' }), secret)).toBeUndefined();
    expect(verify(request({}), secret)).toBeUndefined();
  });
});
