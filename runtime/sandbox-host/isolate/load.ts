import { readdirSync, readFileSync } from 'node:fs';
import type ivm from 'isolated-vm';
import { KeptScript } from './kept-script.ts';
import { scriptOf } from './prelude-script.ts';
import type { IsolateParts } from './prepared.ts';

/**
 * Loads isolated-vm's native module from `engine` and the prelude from `guest`. Without the package's own JavaScript, which
 * would look around on the disk for the module's place.
 */
export function loadIsolateParts(engine: string, guest: string): IsolateParts {
  const module: { exports: { ivm?: typeof ivm } } = { exports: {} };
  process.dlopen(module, engine);
  if (module.exports.ivm === undefined) throw new Error('the native module of isolated-vm has no export `ivm`');
  const sources = scriptsIn(guest);
  const polyfills = [...scriptsIn(`${guest}/polyfills`)].map(
    ([name, source]) => [name.replace(/\.js$/, ''), new KeptScript('prelude.js', source)] as const,
  );
  return {
    ivm: module.exports.ivm,
    prelude: new KeptScript('prelude.js', scriptOf(sources, 'prelude.js')),
    polyfills: new Map(polyfills),
    guestApi: sources.get('index.js') ?? '',
  };
}

function scriptsIn(folder: string): ReadonlyMap<string, string> {
  const names = readdirSync(folder).filter((name) => name.endsWith('.js'));
  return new Map(names.map((name) => [name, readFileSync(`${folder}/${name}`, 'utf8')]));
}
