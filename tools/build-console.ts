// Builds the console into the folder that is named, or dist/console: `npm run build` does so for the package, and a server that runs
// from a checkout when somebody first asks for /ui.
import { fileURLToPath } from 'node:url';
import { buildConsole } from './console-bundle.ts';

const [folder = fileURLToPath(new URL('../dist/console', import.meta.url))] = process.argv.slice(2);
await buildConsole(folder);
