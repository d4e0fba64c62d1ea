import { readdirSync, readFileSync } from 'node:fs';
import type ivm from 'isolated-vm';
import type { IsolateParts } from './prepared.ts';
import { PreludeScript } from './prelude-script.ts';

/**
 * Loads isolated-vm's native module from `engine` and the prelude from `guest`. Without the package's own JavaScript, which
 * would look around on the disk for the module's place.
 */
export function loadIsolateParts(engine: string, guest: string): IsolateParts {
  const module: { exports: { ivm?: typeof ivm } } = { exports: {} };
  process.dlopen(module, engine);
  if (module.exports.ivm === undefined) throw new Error('the native module of isolated-vm has no export `ivm`');
  const names = readdirSync(guest).filter((name) => name.endsWith('.js'));
  const sources = new Map(names.map((name) => [name, readFileSync(`${guest}/${name}`, 'utf8')]));
  return { ivm: module.exports.ivm, prelude: new PreludeScript(sources), guestApi: sources.get('index.js') ?? '' };
}
