// How the console is built: by `npm run build` for the package, and for a server that runs from a checkout.
import { fileURLToPath } from 'node:url';
import { build } from 'vite';

/** Builds the console with Vite: `index.html`, and `assets/` with digests in their names. What was in the folder goes. */
export async function buildConsole(folder: string): Promise<void> {
  // Else Vite goes by what surrounds it: under a test runner, it would put the places of sources in.
  process.env['NODE_ENV'] = 'production';
  await build({
    mode: 'production',
    root: fileURLToPath(new URL('../console', import.meta.url)),
    configFile: false,
    logLevel: 'warn',
    // Relative, for servers that a proxy shows in a folder.
    base: './',
    build: {
      outDir: folder,
      emptyOutDir: true,
      target: 'es2022',
      // A `data:` address is none of the page's own, by its policy.
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
      reportCompressedSize: false,
      // How long a part of it takes is no warning to whoever opens the console.
      rolldownOptions: { checks: { pluginTimings: false } },
      // Whose the bundled packages are.
      license: { fileName: 'assets/licences.md' },
    },
    worker: { format: 'es' },
  });
}
