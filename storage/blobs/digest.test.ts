import { describe, expect, it } from 'vitest';
import { WaterflowFailure } from '../../schemas/index.ts';
import { digestOfText } from './contract/content.ts';
import { hexOf, verifying } from './digest.ts';

/** What comes out, as it comes, and how it ends. */
function watched(text: string) {
  const seen: string[] = [];
  const through = verifying(digestOfText(text), 'a place');
  through.on('data', (chunk: Buffer) => seen.push(chunk.toString()));
  const ended = new Promise<unknown>((resolve) => {
    through.on('end', () => resolve('end')).on('error', resolve);
  });
  return { seen, through, ended };
}

describe('bytes that are compared while they pass', () => {
  it('come out one piece late, and the last of them once all were right', async () => {
    const { seen, through, ended } = watched('one two three');
    for (const piece of ['one ', 'two ']) through.write(piece);
    await expect.poll(() => seen).toEqual(['one ']);
    through.end('three');
    expect(await ended).toBe('end');
    expect(seen.join('')).toBe('one two three');
  });

  it('end in a failure before the last piece where any was wrong', async () => {
    const { seen, through, ended } = watched('one two three');
    for (const piece of ['one ', 'TWO ']) through.write(piece);
    await expect.poll(() => seen).toEqual(['one ']);
    through.end('three');
    expect(await ended).toBeInstanceOf(WaterflowFailure);
    expect(seen.join('')).not.toContain('three');
  });
});

describe('a digest', () => {
  it('is sha256 and 64 lower-case hex digits', () => {
    const hex = '0123456789abcdef'.repeat(4);
    expect(hexOf(`sha256:${hex}`)).toBe(hex);
    for (const none of [
      '',
      hex,
      `sha256:${hex}0`,
      `sha256:${hex.toUpperCase()}`,
      `sha256:${hex}\n`,
      `x sha256:${hex}`,
    ]) {
      expect(hexOf(none), none).toBeUndefined();
    }
  });
});
