/** Ends a `switch` over a closed union: a member without a case is a compile error here, and an unknown tag an exception. */
export function assertNever(value: never): never {
  throw new TypeError(`unexpected variant: ${JSON.stringify(value)}`);
}
