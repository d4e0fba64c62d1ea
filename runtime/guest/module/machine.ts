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
/** QuickJS keeps the places alone; who prints a stack is to see the error, too, as V8 has it. */
const placesOf = Object.getOwnPropertyDescriptor(Error.prototype, 'stack');
Object.defineProperty(Error.prototype, 'stack', {
  ...placesOf,
  get(this: Error) {
    const places: unknown = placesOf?.get?.call(this);
    if (typeof places !== 'string') return places;
    const [name, message] = [String(this.name), String(this.message)];
    const own = places.split('\n').filter((line) => line !== '' && !line.includes('(<null>:'));
    return [message === '' ? name : `${name}: ${message}`, ...own].join('\n');
  },
});
// QuickJS has them of its own, an isolate doesn't: what both have is defined later.
for (const name of ['performance', 'DOMException', 'atob', 'btoa', 'queueMicrotask'])
  Reflect.deleteProperty(globalThis, name);
