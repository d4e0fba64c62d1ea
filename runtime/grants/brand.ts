import type { Authorized, Grant } from './api.ts';

/**
 * Who made what, known at run time too: a look-alike object that reached perform() or authorize() past the compiler is
 * refused. Only computeGrant() and authorize() call the two brand functions.
 */
const grants = new WeakSet<object>();
const authorizations = new WeakSet<object>();

/** For computeGrant() alone. */
export function brandGrant(parts: Omit<Grant, symbol>): Grant {
  const grant = Object.freeze({ ...parts });
  grants.add(grant);
  // The brand is a compile-time symbol without a value; membership in the set is what it means at run time.
  return grant as Grant;
}

/** For authorize() alone. */
export function brandAuthorized(parts: Omit<Authorized, symbol>): Authorized {
  const authorized = Object.freeze({ ...parts });
  authorizations.add(authorized);
  // As above.
  return authorized as Authorized;
}

/** Throws unless computeGrant() made it. */
export function requireGrant(grant: Grant): void {
  if (!grants.has(grant)) throw new TypeError('this grant was not made by computeGrant()');
}

/** Throws unless authorize() made it; each perform() begins with this. */
export function requireAuthorized(authorized: Authorized<never, never> | Authorized): void {
  if (!authorizations.has(authorized)) throw new TypeError('this call was not let through by authorize()');
}
