import type { AbsolutePath } from '../../../schemas/index.ts';
import { openPluginVersions } from '../versions.ts';
import { firstAttempt, someVersion } from './some-pins.ts';

/** What an agent does with versions for one run, from its beginning to its end. */
export async function keepAndRelease(state: string): Promise<void> {
  // The caller gives an absolute one.
  const versions = openPluginVersions(state as AbsolutePath, { now: () => Date.now() });
  const [one, two, three] = [await someVersion('one'), await someVersion('two'), await someVersion('three')];
  for (const { digest, tarball } of [one, two, three]) versions.add(digest, tarball);
  const none = async (): Promise<undefined> => undefined;
  versions.keepInstalled([three.digest]);
  // Only one of them is at hand by now, since nothing needed the others.
  await versions.pin(firstAttempt, [one.pin, three.pin], async () => one.tarball);
  await versions.pin({ ...firstAttempt, attempt: 2 }, [three.pin], none);
  versions.release(firstAttempt.run);
  versions.keepInstalled([]);
}
