import { createFolderStore, type Store } from '../../storage/index.ts';
import type { Terminal } from '../terminal.ts';
import { stateFolder } from './state.ts';

/** The runs that are kept on this machine; `flag` is `--state`. */
export function openStore(terminal: Terminal, flag: string | undefined): Store {
  return createFolderStore({ root: stateFolder(terminal, flag) });
}
