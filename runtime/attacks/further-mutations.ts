import { type Mutation, swap, without } from './mutation.ts';

const wire = 'runtime/sandbox-host/wire.ts';
const manifestFolder = 'runtime/manifest/folder.ts';

/** Further ways to take a protection away, where one doesn't show all the attacks that it holds. */
export const furtherMutations: readonly Mutation[] = [
  {
    protection: 'frame-sizes',
    patches: [
      without(wire, 'if (headerBytes > headerBytesLimit) throw new WireError(`a header of ${headerBytes} bytes`);'),
      without(
        wire,
        'if (total < 4 + headerBytes) throw new WireError(`a frame of ${total} bytes with a header of ${headerBytes}`);',
      ),
      without(
        wire,
        'if (total > 4 + headerBytes + this.#bodyBytesLimit) throw new WireError(`a frame of ${total} bytes`);',
      ),
    ],
  },
  {
    protection: 'frame-ids',
    patches: [
      swap(
        'runtime/supervisor/invocation.ts',
        'id !== this.#host.lastCall + 1',
        'Number(id) !== this.#host.lastCall + 1',
      ),
    ],
  },
  {
    protection: 'plugin-ordinary-files',
    patches: [
      swap(manifestFolder, "else throw pluginInvalid(path, 'it is neither a file nor a folder');", 'else continue;'),
    ],
  },
  {
    protection: 'plugin-sizes',
    patches: [
      swap(
        manifestFolder,
        'if (bytes === undefined) throw pluginInvalid(path, `the folder holds more than ${maxFolderBytes} bytes`);',
        'if (bytes === undefined) return;',
      ),
    ],
  },
];
