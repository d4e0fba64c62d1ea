/**
 * What happens to the intrinsics of an isolate before a plugin's code is loaded: no code from strings, no shared memory,
 * and prototypes that can't be changed, so that neither polluted JSON nor one module of a plugin changes what another
 * one sees. It is no boundary (the process is), it keeps a plugin's own code honest. Runs inside the isolate.
 */

/** Properties that people shadow by assignment (`error.name = …`), which a frozen prototype would forbid. */
const shadowedKeys = ['constructor', 'toString', 'toLocaleString', 'valueOf', 'name', 'message', 'hasOwnProperty'];
const shadowedPrototypes: readonly object[] = [
  Object.prototype,
  Function.prototype,
  Array.prototype,
  Promise.prototype,
  Error.prototype,
  AggregateError.prototype,
  EvalError.prototype,
  RangeError.prototype,
  ReferenceError.prototype,
  SyntaxError.prototype,
  TypeError.prototype,
  URIError.prototype,
];

/** Ways to reach a prototype by a name that data may hold. */
const prototypeAccessors = [
  '__proto__',
  '__defineGetter__',
  '__defineSetter__',
  '__lookupGetter__',
  '__lookupSetter__',
];

/** Names that give code from strings, shared memory or V8's own console, which writes nowhere. */
const removedGlobals = ['eval', 'Atomics', 'SharedArrayBuffer', 'WebAssembly', 'console'];

/** Takes the above away from `global`, the isolate's own global object. */
export function harden(global: typeof globalThis): void {
  for (const name of removedGlobals) Reflect.deleteProperty(global, name);
  for (const name of prototypeAccessors) Reflect.deleteProperty(Object.prototype, name);
  refuseCodeFromStrings(global);
  // Bundled libraries look for the global object by this name, and build a function from a string where it is missing.
  Object.defineProperty(global, 'self', { value: global });
  for (const prototype of shadowedPrototypes) makeShadowable(prototype);
  for (const intrinsic of intrinsicsOf(global)) {
    // Assigning Error.stackTraceLimit is common and harmless.
    if (intrinsic === Error) Object.seal(intrinsic);
    else Object.freeze(intrinsic);
  }
  for (const name of Object.getOwnPropertyNames(global)) {
    Object.defineProperty(global, name, { writable: false, configurable: false });
  }
}

function refuseCodeFromStrings(global: typeof globalThis): void {
  const refuse = function Function(): never {
    throw new TypeError('a plugin cannot make code from strings');
  };
  Object.defineProperty(refuse, 'prototype', { value: Function.prototype });
  const kinds = [
    Function.prototype,
    Object.getPrototypeOf(async () => {}),
    Object.getPrototypeOf(function* () {}),
    Object.getPrototypeOf(async function* () {}),
  ];
  for (const prototype of kinds) Object.defineProperty(prototype, 'constructor', { value: refuse });
  Object.defineProperty(global, 'Function', { value: refuse });
}

/** Turns data properties into accessors whose setter defines the property on the object that is assigned to. */
function makeShadowable(prototype: object): void {
  for (const key of shadowedKeys) {
    const descriptor = Object.getOwnPropertyDescriptor(prototype, key);
    if (descriptor?.configurable !== true) continue;
    const { value } = descriptor;
    Object.defineProperty(prototype, key, {
      enumerable: descriptor.enumerable === true,
      get: () => value,
      set(this: unknown, replacement: unknown) {
        if (this === prototype) throw new TypeError(`a plugin cannot change the built-in ${key}`);
        Object.defineProperty(this, key, { value: replacement, writable: true, enumerable: true, configurable: true });
      },
    });
  }
}

/**
 * Constructors, namespaces and prototypes: those that have a global name, and those that only syntax reaches. Not each single
 * method: nothing is looked up on those, and there are more than a thousand.
 */
function intrinsicsOf(global: typeof globalThis): ReadonlySet<object> {
  const found = new Set<object>();
  const add = (value: unknown): void => {
    for (let each = value; isObject(each) && each !== global && !found.has(each); each = Object.getPrototypeOf(each)) {
      found.add(each);
    }
  };
  for (const name of Object.getOwnPropertyNames(global)) {
    const value = Object.getOwnPropertyDescriptor(global, name)?.value;
    add(value);
    if (typeof value === 'function') add(value.prototype);
  }
  // QuickJS has none.
  const formats = typeof Intl === 'undefined' ? {} : Intl;
  for (const value of Object.values(Object.getOwnPropertyDescriptors(formats))) add(value.value?.prototype);
  add(async () => {});
  add((function* () {})());
  add((async function* () {})());
  add([][Symbol.iterator]());
  add(''[Symbol.iterator]());
  add(new Map()[Symbol.iterator]());
  add(new Set()[Symbol.iterator]());
  add(/x/[Symbol.matchAll]('x'));
  add(Iterator.from({ next: () => ({ done: true, value: undefined }) }));
  add([].values().map(() => undefined));
  return found;
}

function isObject(value: unknown): value is object {
  return (typeof value === 'object' && value !== null) || typeof value === 'function';
}
