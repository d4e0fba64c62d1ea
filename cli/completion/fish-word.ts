/** A word as fish takes it for itself: within quotes, only these two mean more than they are. */
export function fishWord(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", String.raw`\'`)}'`;
}
