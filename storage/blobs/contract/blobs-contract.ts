import { describe } from 'vitest';
import type { Digest } from '../../../schemas/index.ts';
import type { Blobs } from '../port.ts';
import { describeDamage } from './damage-contract.ts';
import { describeKeeping } from './keeping-contract.ts';
import { describeLargeBlobs } from './large-contract.ts';
import { describeRanges } from './ranges-contract.ts';

/** An empty store of one test's own. */
export interface TestBlobs extends AsyncDisposable {
  readonly blobs: Blobs;
  /** Another handle, as after a restart. */
  reopen(): Promise<Blobs>;
  /** The file in which a blob's bytes lie in the end. */
  fileOf(digest: Digest): string;
  /** The folder of content on its way. */
  readonly incoming: string;
}

export type MakeBlobs = () => Promise<TestBlobs>;

/** What every driver of the blobs' port does. */
export function describeBlobs(name: string, makeBlobs: MakeBlobs): void {
  describe(`the blobs' contract: ${name}`, () => {
    describeKeeping(makeBlobs);
    describeRanges(makeBlobs);
    describeDamage(makeBlobs);
    describeLargeBlobs(makeBlobs);
  });
}
