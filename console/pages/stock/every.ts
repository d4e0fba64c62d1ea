const pauseMs = 5000;

/** How often lists of machines and of what is on them are asked for, in ms. */
export function everyMs(): number {
  return pauseMs;
}
