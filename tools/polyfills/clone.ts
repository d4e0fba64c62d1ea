/** Kinds of objects whose state nobody can read from outside: the standard copies none of them. */
const opaque: readonly (abstract new (...args: never) => object)[] = [
  WeakMap,
  WeakSet,
  WeakRef,
  FinalizationRegistry,
  Promise,
  Iterator,
];
/** What errors may be called once they are copied. */
const errorNames: ReadonlyMap<unknown, ErrorConstructor> = new Map(
  [EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError].map((kind) => [kind.name, kind]),
);
/** The wrappers of primitive values. */
const wrappers = [Boolean, Number, String, BigInt] as const;

/** As the HTML standard has it (section 2.7). What can't be cloned is a DataCloneError; of what can be transferred, only buffers exist here. */
export function structuredClone(...given: readonly [unknown?, { readonly transfer?: Iterable<unknown> }?]): unknown {
  const [value, options] = given;
  if (given.length === 0) throw new TypeError('structuredClone needs a value');
  const transferred = new Set([...(options?.transfer ?? [])].map(transferable));
  const cloned = new Cloning().clone(value);
  for (const buffer of transferred) buffer.transfer();
  return cloned;
}

function transferable(value: unknown): ArrayBuffer {
  if (value instanceof ArrayBuffer && !value.detached) return value;
  throw refusal(value);
}

/** One call: what is there more than once, or in itself, is so in the copy. */
class Cloning {
  readonly #copies = new Map<object, object>();

  clone(value: unknown): unknown {
    if (typeof value === 'symbol' || typeof value === 'function') throw refusal(value);
    if (typeof value !== 'object' || value === null) return value;
    return this.#copies.get(value) ?? this.#copy(value);
  }

  #copy(value: object): object {
    if (ArrayBuffer.isView(value)) return this.#keep(value, this.#viewOf(value));
    if (value instanceof ArrayBuffer) return this.#keep(value, bufferOf(value));
    if (value instanceof Map) return this.#mapOf(value);
    if (value instanceof Set) return this.#setOf(value);
    if (value instanceof Error) return this.#errorOf(value);
    if (value instanceof Date) return this.#keep(value, new Date(value.getTime()));
    if (value instanceof RegExp) return this.#keep(value, new RegExp(value.source, value.flags));
    if (wrappers.some((wrapper) => value instanceof wrapper)) return this.#keep(value, Object(value.valueOf()));
    if (value === globalThis || opaque.some((kind) => value instanceof kind)) throw refusal(value);
    const copy: object = Array.isArray(value) ? Object.assign([], { length: value.length }) : {};
    this.#copies.set(value, copy);
    // Those that are left while the others are read: a getter may take some away.
    for (const key of Object.keys(value))
      if (Object.hasOwn(value, key)) define(copy, key, this.clone(propertyOf(value, key)));
    return copy;
  }

  #keep<Copy extends object>(value: object, copy: Copy): Copy {
    this.#copies.set(value, copy);
    return copy;
  }

  #mapOf(value: ReadonlyMap<unknown, unknown>): object {
    const copy = this.#keep(value, new Map());
    // As it is now: a getter of an item may change it.
    for (const [key, item] of Array.from(value)) copy.set(this.clone(key), this.clone(item));
    return copy;
  }

  #setOf(value: ReadonlySet<unknown>): object {
    const copy = this.#keep(value, new Set());
    for (const item of Array.from(value)) copy.add(this.clone(item));
    return copy;
  }

  /** Over a copy of its whole buffer, as other views of that are. */
  #viewOf(value: ArrayBufferView): object {
    const buffer = this.clone(value.buffer);
    const length = 'length' in value ? value.length : value.byteLength;
    const tag = propertyOf(value, Symbol.toStringTag);
    // What it is, whatever class extends it: each engine has its own list of typed arrays.
    const kind = propertyOf(globalThis, String(tag)) as new (...args: readonly unknown[]) => object;
    return new kind(buffer, value.byteOffset, length);
  }

  /** With what is said of it, and of what it came from; what a class of the author's own adds isn't copied. */
  #errorOf(value: Error): object {
    if (value instanceof DOMException)
      return this.#keep(value, stacked(new DOMException(value.message, value.name), value));
    const Kind = errorNames.get(value.name) ?? Error;
    const message = Object.getOwnPropertyDescriptor(value, 'message');
    const copy = this.#keep(value, message === undefined ? new Kind() : new Kind(String(message.value)));
    if ('cause' in value) hide(copy, 'cause', this.clone(value.cause));
    return stacked(copy, value);
  }
}

function stacked(copy: Error, { stack }: Error): Error {
  if (typeof stack === 'string') hide(copy, 'stack', stack);
  return copy;
}

function bufferOf(value: ArrayBuffer): ArrayBuffer {
  if (value.detached) throw refusal(value);
  if (!value.resizable) return value.slice();
  const copy = new ArrayBuffer(value.byteLength, { maxByteLength: value.maxByteLength });
  new Uint8Array(copy).set(new Uint8Array(value));
  return copy;
}

function propertyOf(value: object, key: PropertyKey): unknown {
  return Reflect.get(value, key);
}

/** No assignment: a key may be one that a prototype has a setter for. */
function define(copy: object, key: string, value: unknown): void {
  Object.defineProperty(copy, key, { value, writable: true, enumerable: true, configurable: true });
}

function hide(copy: object, key: string, value: unknown): void {
  Object.defineProperty(copy, key, { value, writable: true, configurable: true });
}

function refusal(value: unknown): DOMException {
  const kind = typeof value === 'object' ? Object.prototype.toString.call(value).slice(0, 200) : `a ${typeof value}`;
  return new DOMException(`${kind} could not be cloned`, 'DataCloneError');
}
