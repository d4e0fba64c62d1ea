import type { AbsolutePath } from '../../schemas/index.ts';
import { identifyFiles, withCode } from '../manifest/load.ts';
import type { OpenedPackage } from './open.ts';

/** Where the files would belong doesn't matter to whether they are a plugin. */
const nowhere = '/' as AbsolutePath; // The root is one.

/**
 * Rejects with PLUGIN_INVALID where no agent would take the plugin of a package: code that can't be read, or that was built of other sources than
 * those beside it. Nothing of it is executed.
 */
export async function requireLoadable({ files }: Pick<OpenedPackage, 'files'>): Promise<void> {
  await withCode(await identifyFiles(files, nowhere, { origin: 'installed' }));
}
