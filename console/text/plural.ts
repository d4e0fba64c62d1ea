/** A count and what is counted, in English. */
export function plural(count: number, one: string, several: string): string {
  return `${count} ${count === 1 ? one : several}`;
}
