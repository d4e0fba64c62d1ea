import * as fc from 'fast-check';
import { expect, it } from 'vitest';

import { jsonBytes } from './limits.ts';

it('counts the bytes of a value as UTF-8 JSON', () => {
  fc.assert(
    fc.property(fc.jsonValue({ stringUnit: 'binary' }), fc.string({ unit: 'binary' }), (value, text) => {
      for (const json of [value, text]) {
        // What fast-check calls a JSON value is one of ours.
        expect(jsonBytes(json as string)).toBe(new TextEncoder().encode(JSON.stringify(json)).length);
      }
    }),
  );
  expect(jsonBytes('\ud83d')).toBe(8);
});
