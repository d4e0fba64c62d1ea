import { useRef } from 'preact/hooks';

/**
 * JSON as it is now, with each part that is as it was before taken from there: what didn't change is the same object, and whoever draws it
 * sees so by comparing two references.
 */
export function sharing<T>(before: unknown, now: T): T {
  if (before === now || typeof now !== 'object' || now === null || typeof before !== 'object' || before === null) {
    return now;
  }
  // What is of the form of T in every part is a T.
  if (Array.isArray(now)) return (Array.isArray(before) ? sharedList(before, now) : now) as T;
  return Array.isArray(before) ? now : (sharedObject(before, now) as T);
}

/** A value of which unchanged parts are those of the last time that it was drawn. */
export function useShared<T>(value: T): T {
  const last = useRef<T | undefined>(undefined);
  last.current = sharing(last.current, value);
  return last.current;
}

function sharedList(before: readonly unknown[], now: readonly unknown[]): readonly unknown[] {
  const shared = now.map((value, index) => sharing(before[index], value));
  return shared.length === before.length && shared.every((value, index) => value === before[index]) ? before : shared;
}

function sharedObject(before: object, now: object): object {
  // An object of JSON has keys and nothing else.
  const [old, fresh] = [before as Readonly<Record<string, unknown>>, now as Readonly<Record<string, unknown>>];
  const shared: Record<string, unknown> = {};
  let isSame = Object.keys(old).length === Object.keys(fresh).length;
  for (const [key, value] of Object.entries(fresh)) {
    const one = sharing(Object.hasOwn(old, key) ? old[key] : undefined, value);
    isSame &&= one === old[key] && Object.hasOwn(old, key);
    // A name that JSON may have and an assignment would not make.
    if (key === '__proto__') Object.defineProperty(shared, key, { value: one, enumerable: true });
    else shared[key] = one;
  }
  return isSame ? before : shared;
}
