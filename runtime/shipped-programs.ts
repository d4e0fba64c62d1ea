import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const folder = fileURLToPath(new URL('../native/bin', import.meta.url));

/** The folder of bubblewrap and util-linux's programs that the Linux archive brings; undefined in a checkout and in npm's package. */
export const shippedPrograms: string | undefined = existsSync(folder) ? folder : undefined;
