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
const { prototype: ofErrors } = Error;
const placesOf = Object.getOwnPropertyDescriptor(ofErrors, 'stack');
Object.defineProperty(ofErrors, 'stack', {
  ...placesOf,
  // A plugin may have put anything there.
  get(this: { readonly name: unknown; readonly message: unknown }) {
    const places: unknown = placesOf?.get?.call(this);
    if (typeof places !== 'string') return places;
    const [name, message] = [String(this.name), String(this.message)];
    const lines = places.split('\n').filter((line) => line !== '' && !line.includes('(<null>:'));
    const kinds = kindsOf(this);
    // Where it was made is what is looked for, not the constructors of its classes.
    const first = lines.findIndex((line) => !kinds.has(/^ +at (\S+) \(/.exec(line)?.[1]));
    return [message === '' ? name : `${name}: ${message}`, ...lines.slice(Math.max(first, 0))].join('\n');
  },
});

/** The names of the classes of an error that are an author's own. */
function kindsOf(error: object): ReadonlySet<unknown> {
  const kinds = new Set<unknown>();
  for (
    let prototype: unknown = Object.getPrototypeOf(error);
    prototype instanceof Error && prototype.constructor !== Error;
    prototype = Object.getPrototypeOf(prototype)
  )
    kinds.add(prototype.constructor.name);
  return kinds;
}

// QuickJS has them of its own, an isolate doesn't: what both have is defined later.
for (const name of ['performance', 'DOMException', 'atob', 'btoa', 'queueMicrotask'])
  Reflect.deleteProperty(globalThis, name);
