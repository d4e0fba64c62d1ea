import { describe, expect, it } from 'vitest';
import { type Standing, verdictOf } from './current.ts';
import { compareReleases, versionOf } from './version.ts';

const token = new Uint8Array();
const own = { id: 'own', release: '0.2.0' };
/** `own` came later than `other`, unless `at` says otherwise. */
function standing(given: Partial<Standing> & { readonly current?: string; readonly ownSince?: number } = {}): Standing {
  const { current, ownSince = 2, ...rest } = given;
  const versions = [
    { id: 'own', since: ownSince, mayHaveRuns: true },
    { id: 'other', since: 1, mayHaveRuns: true },
  ];
  const deployment = { token, versions, isRamping: false, ...(current === undefined ? {} : { current }) };
  return { own, deployment, isStarting: true, served: new Set(['own', 'other']), ...rest };
}

describe('a process makes its version of the workflows current', () => {
  it('where none is, once Temporal knows of it', () => {
    expect(verdictOf(standing())).toBe('first');
    expect(verdictOf(standing({ own: { id: 'new', release: '0.2.0' } }))).toBe('unknown yet');
    expect(verdictOf(standing({ current: 'own' }))).toBe('is current');
  });

  it('where its release is newer, and not where it is older, whenever either came', () => {
    expect(verdictOf(standing({ current: 'other', currentRelease: '0.1.9', ownSince: 0 }))).toBe('newer');
    expect(verdictOf(standing({ current: 'other', currentRelease: '0.10.0' }))).toBe('left to others');
  });

  it('of the same release, where its version came later', () => {
    expect(verdictOf(standing({ current: 'other', currentRelease: '0.2.0' }))).toBe('newer');
    expect(verdictOf(standing({ current: 'other' }))).toBe('newer');
    expect(verdictOf(standing({ current: 'other', currentRelease: '0.2.0', ownSince: 0 }))).toBe('left to others');
  });

  it('where nobody serves the current one, also an older process', () => {
    const served = new Set(['own']);
    expect(verdictOf(standing({ current: 'other', currentRelease: '0.3.0', served, isStarting: false }))).toBe(
      'deserted',
    );
  });

  it('and leaves to an operator what is changed later, or is ramped', () => {
    const later = standing({ current: 'other', currentRelease: '0.1.0', isStarting: false });
    expect(verdictOf(later)).toBe('left to others');
    const { deployment } = standing({ current: 'other' });
    const served = new Set(['own']);
    expect(verdictOf(standing({ served, deployment: { ...deployment, isRamping: true } }))).toBe('left to others');
  });
});

describe('versions', () => {
  it('of releases are in order', () => {
    const ordered = ['0.9.1', '0.10.0-rc.1', '0.10.0-rc.10', '0.10.0', '0.10.1', '1.0.0'];
    expect(ordered.toReversed().toSorted(compareReleases)).toEqual(ordered);
    expect(compareReleases('1.0.0', '1.0.0')).toBe(0);
  });

  it('of workflows are the same where their code is, with or without the map to its sources', () => {
    const code = 'var a = 1;\n';
    expect(versionOf(`${code}//# sourceMappingURL=data:application/json;base64,e30=`).id).toBe(versionOf(code).id);
    expect(versionOf('var a = 2;\n').id).not.toBe(versionOf(code).id);
  });
});
