/**
 * The machine's clock and dice, as an isolate has them of its own: a module asks the host. Loaded before the rest of the prelude,
 * which takes them for built in.
 */
import { randomOf } from '../time-and-chance.ts';

let random: (() => number) | undefined;

/** From here on Math.random has a sequence; `seed` has at least 32 hex digits. */
export function seedChance(seed: string): void {
  random = randomOf(seed);
}

Date.now = function now(): number {
  natives.refuse('reading the clock');
  // The host answers with what docs/host-calls.md says.
  return (JSON.parse(natives.send('{"v":1,"do":"now"}')) as { readonly ok: number }).ok;
};
Math.random = function next(): number {
  natives.refuse('taking a random number');
  return random?.() ?? 0;
};
// QuickJS has them of its own, an isolate doesn't: what both have is defined later.
for (const name of ['performance', 'DOMException', 'atob', 'btoa', 'queueMicrotask'])
  Reflect.deleteProperty(globalThis, name);
