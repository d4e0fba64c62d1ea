import { describe, expect, it } from 'vitest';
import { eraseInThread } from './erase-in-thread.ts';
import { eraseTypes } from './erase-types.ts';

const depth = 200_000;
const hostile = {
  lists: `const a = ${'['.repeat(depth)}${']'.repeat(depth)};`,
  sums: `const a = ${'1+'.repeat(depth)}1;`,
  types: `type A = ${'Array<'.repeat(depth)}1${'>'.repeat(depth)};`,
};

describe.each([
  ['here', eraseTypes],
  ['in a thread', eraseInThread],
])('types are erased %s', (_where, eraser) => {
  const erase = async (source: string): Promise<string> => eraser(source);

  it('with every line and column where it was', async () => {
    expect(await erase('let a: number = 1;\nlet b = a as any;')).toBe('let a         = 1;\nlet b = a       ;');
    expect(await erase(`let a: number = 1;${' '.repeat(50_000)}`)).toBe(`let a         = 1;${' '.repeat(50_000)}`);
  });

  it("and what can't be erased is refused, with its place", async () => {
    await expect(erase('\nenum A { B }')).rejects.toThrow(
      expect.objectContaining({
        code: 'ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX',
        stack: expect.stringContaining('enum A'),
      }),
    );
    await expect(erase('let = ;')).rejects.toMatchObject({ code: 'ERR_INVALID_TYPESCRIPT_SYNTAX' });
  });

  it.each(Object.entries(hostile))(
    'and a source of nested %s is refused, and breaks nothing for the next',
    async (_what, source) => {
      for (let time = 0; time < 2; time += 1) {
        await expect(erase(source)).rejects.toThrow('nested too deeply');
        expect(await erase('let a: number = 1;')).toBe('let a         = 1;');
        await expect(erase('enum A { B }')).rejects.toThrow(
          expect.objectContaining({ code: 'ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX' }),
        );
      }
    },
  );
});
