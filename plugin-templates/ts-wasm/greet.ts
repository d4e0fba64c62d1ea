/** Keep what needs no host in functions of its own: they can be tested without one. */
export function greet(name: string): string {
  const trimmed = name.trim();
  if (trimmed === '') {
    throw new Error('name is empty');
  }
  return `Hello, ${trimmed}!`;
}
