/**
 * The shortest text found that still has the problem: lines are left out, then pieces of them, in ever smaller groups (delta debugging).
 * `hasProblem` is asked at most `mostTrials` times.
 */
export function minimise(
  text: string,
  hasProblem: (text: string) => boolean,
  { mostTrials }: { readonly mostTrials: number },
): string {
  let trials = 0;
  const has = (parts: readonly string[], separator: string): boolean => {
    trials += 1;
    return trials <= mostTrials && hasProblem(parts.join(separator));
  };
  let shortest = text;
  for (const separator of ['\n', ' ', '']) {
    let parts: readonly string[] = separator === '' ? Array.from(shortest) : shortest.split(separator);
    for (let size = Math.ceil(parts.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
      for (let at = 0; at < parts.length; ) {
        const fewer = [...parts.slice(0, at), ...parts.slice(at + size)];
        if (has(fewer, separator)) parts = fewer;
        else at += size;
      }
    }
    shortest = parts.join(separator);
  }
  return shortest;
}
