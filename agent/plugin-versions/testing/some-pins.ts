import { digestOfTarball, packPlugin } from '../../../runtime/manifest/tarball.ts';
import type { AbsolutePath, Digest, RunId } from '../../../schemas/index.ts';
import type { Pin, RunAttempt } from '../pins.ts';

/** A plugin of one file, with what a run keeps of it. */
export interface SomeVersion {
  readonly digest: Digest;
  readonly tarball: Buffer;
  readonly pin: Pin;
}

/** The first attempt of a run. */
export const firstAttempt: RunAttempt = { run: 'run-01m86njv3pggrdbefenr1ks7jc' as RunId, attempt: 1 };

/** Each text is another version. */
export async function someVersion(text: string): Promise<SomeVersion> {
  const tarball = await packPlugin([{ path: 'index.ts', bytes: Buffer.from(text), executable: false }]);
  const digest = digestOfTarball(tarball);
  const identity = { name: 'acme-tool', version: '1.2.0', digest };
  // Test data, of the form that the brand stands for.
  const folder = '/plugins/acme-tool@1.2.0' as AbsolutePath;
  return { digest, tarball, pin: { uses: `acme-tool@${digest}`, identity, folder, origin: 'approved' } };
}
