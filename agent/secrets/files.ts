import type { AbsolutePath } from '../../schemas/index.ts';
import type { SecretProvider } from './api.ts';
import { fileBelow, readPrivateFile } from './private-file.ts';

/** A folder with a file for each secret. One line break at the end of a file is none of the value. */
export function filesProvider(
  { folder }: { readonly folder: AbsolutePath },
  { uid }: { readonly uid: number | undefined },
): SecretProvider {
  return {
    read: async ({ path }) => {
      const read = readPrivateFile(fileBelow(folder, path), { root: folder, uid });
      return 'problem' in read ? read : { text: read.text.replace(/\r?\n$/u, '') };
    },
    [Symbol.asyncDispose]: async () => {},
  };
}
