import { describe, expect, it } from 'vitest';
import { compareVersions } from './versions.ts';

describe('the order of versions', () => {
  it('is that of Semantic Versioning', () => {
    // The example of section 11.4.4, among others.
    const ordered = [
      '0.9.10',
      '1.0.0-alpha',
      '1.0.0-alpha.1',
      '1.0.0-alpha.beta',
      '1.0.0-beta',
      '1.0.0-beta.2',
      '1.0.0-beta.11',
      '1.0.0-rc.1',
      '1.0.0',
      '1.2.0',
      '1.10.0',
      '2.0.0-rc-2',
      '90071992547409919.0.0',
      '90071992547409920.0.0',
    ];
    for (const [index, one] of ordered.entries()) {
      for (const [place, other] of ordered.entries()) {
        expect(Math.sign(compareVersions(one, other))).toBe(Math.sign(index - place));
      }
    }
  });
});
