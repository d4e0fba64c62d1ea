/** Files whose cost might grow faster than they do: each is made at any size, and `size` is the one that should still be read in a moment. */
export interface HeavyInput {
  readonly name: string;
  /** What is counted: jobs, bytes, levels. */
  readonly of: string;
  readonly size: number;
  readonly make: (size: number) => string;
}

/** A heavy input. */
export function heavy(name: string, size: Pick<HeavyInput, 'of' | 'size'>, make: (size: number) => string): HeavyInput {
  return { name, ...size, make };
}

/** A file of jobs, each given from its id on. */
export function jobs(lines: readonly string[]): string {
  return `jobs:\n${lines.map((line) => `  ${line}\n`).join('')}`;
}

/** Jobs that each need one other, or none where its number is negative. */
export function chain(size: number, needOf: (at: number) => number): string {
  return jobs(
    Array.from({ length: size }, (_, at) => {
      const need = needOf(at);
      return `j${at}:\n${need < 0 ? '' : `    needs: j${need}\n`}    steps:\n      - run: x`;
    }),
  );
}

/** A file of one script. */
export function script(text: string): string {
  return jobs([`a: { steps: [{ run: "${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}" }] }`]);
}
