import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { plainArgs } from './plain-args.ts';

describe('the arguments of a call for the record', () => {
  it('say where it goes, however much is put around that', () => {
    const path = `${'./'.repeat(1000)}out/${'.//'.repeat(300)}evil.sh`;
    expect(plainArgs({ capability: 'fs', operation: 'write', args: { path, content: 'x' } })).toEqual({
      path: 'out/evil.sh',
      content: 'x',
    });
    const url = `${'\n'.repeat(1000)}http://good.example/a/../steal${'\t'.repeat(2100)}`;
    expect(plainArgs({ capability: 'net', operation: 'request', args: { url } })).toEqual({
      url: 'http://good.example/steal',
    });
  });

  it('are as they were given where they are short, or no path and no URL', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('fs', 'net', 'exec', 'constructor', '__proto__'),
        fc.jsonValue(),
        (capability, value) => {
          // fast-check's JSON values are JSON.
          const args = { path: value, url: value, list: [value] } as never;
          expect(JSON.stringify(value).length > 200 || plainArgs({ capability, operation: 'x', args }) === args).toBe(
            true,
          );
        },
      ),
    );
    const nowhere = `/${'x'.repeat(5000)}`;
    expect(plainArgs({ capability: 'fs', operation: 'read', args: { path: nowhere } })).toEqual({ path: nowhere });
  });
});
