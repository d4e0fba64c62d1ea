import { useRef } from 'preact/hooks';

/**
 * JSON as it is now, which takes each part that is as it was before from there: what didn't change is the same object, and whoever draws it
 * sees so by comparing two references. `now` is changed, and nobody else's any more.
 */
export function sharing<T>(before: unknown, now: T): T {
  if (before === now || !isObject(before) || !isObject(now) || Array.isArray(before) !== Array.isArray(now)) return now;
  const taking: Record<string, unknown> = now;
  let isSame = true;
  let count = 0;
  // JSON has keys of its own and no others; going over them as they are makes no list of a thousand.
  for (const key in taking) {
    count += 1;
    const [old, fresh] = [before[key], taking[key]];
    if (old === fresh) continue;
    const shared = sharing(old, fresh);
    if (shared === old) taking[key] = shared;
    else isSame = false;
  }
  for (const _ in before) count -= 1;
  // What is the same in every part is a T, too.
  return isSame && count === 0 ? (before as T) : now;
}

/** A value of which unchanged parts are those of the last time that it was drawn; made for this, see {@link sharing}. */
export function useShared<T>(value: T): T {
  const last = useRef<T | undefined>(undefined);
  last.current = sharing(last.current, value);
  return last.current;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
