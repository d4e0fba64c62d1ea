/**
 * The same object, with a key that neither `console.log` nor `JSON.stringify` nor a copy shows: what is in it has to be taken out by
 * name.
 */
export function hideIn<Value extends object>(value: Value, key: keyof Value & string): Value {
  if (key in value) Object.defineProperty(value, key, { enumerable: false });
  return value;
}
