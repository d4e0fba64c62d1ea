import { chain, type HeavyInput, heavy, jobs } from './input.ts';

/** Jobs and steps: many, and each with eyes on the others. */
export const heavyJobsAndSteps: readonly HeavyInput[] = [
  heavy('jobs in a chain', { of: 'jobs', size: 5_000 }, (size) => chain(size, (at) => at - 1)),
  heavy('jobs in a chain that is a circle', { of: 'jobs', size: 5_000 }, (size) =>
    chain(size, (at) => (at + size - 1) % size),
  ),
  heavy('jobs in a chain, from its end', { of: 'jobs', size: 5_000 }, (size) =>
    chain(size, (at) => (at === size - 1 ? -1 : at + 1)),
  ),
  heavy('jobs that need all before them', { of: 'jobs', size: 5_000 }, (size) =>
    jobs(
      Array.from(
        { length: size },
        (_, at) =>
          `j${at}: { needs: [${Array.from({ length: Math.min(at, 60) }, (_, need) => `j${at - need - 1}`).join(', ')}], steps: [{ run: x }] }`,
      ),
    ),
  ),
  heavy('jobs that each need all others', { of: 'jobs', size: 280 }, (size) => {
    const all = Array.from({ length: size }, (_, at) => `j${at}`).join(', ');
    return jobs(Array.from({ length: size }, (_, at) => `j${at}: { needs: [${all}], steps: [{ run: x }] }`));
  }),
  heavy('jobs that need all before them by an alias', { of: 'jobs', size: 3_000 }, (size) => {
    const names = Array.from({ length: size }, (_, at) => `j${at}`);
    return `env: { A: &all [${names.join(', ')}] }\njobs:\n${names.map((name) => `  ${name}a: { needs: *all, steps: [{ run: x }] }`).join('\n')}\n  ${names.map((name) => `${name}: { steps: [{ run: x }] }`).join('\n  ')}\n`;
  }),
  heavy('jobs that read a job before them', { of: 'jobs', size: 3_000 }, (size) =>
    jobs(
      Array.from(
        { length: size },
        (_, at) =>
          `j${at}: { ${at === 0 ? '' : `needs: j${at - 1}, if: "needs.j${at - 1}.outputs.x == '1'", `}outputs: { x: "\${{ steps.s.outputs.x }}" }, steps: [{ id: s, run: x }] }`,
      ),
    ),
  ),
  heavy('steps that read the step before them', { of: 'steps', size: 4_000 }, (size) =>
    jobs([
      `a: { steps: [{ id: s0, run: x }, ${Array.from({ length: size }, (_, at) => `{ id: s${at + 1}, run: x, if: 'steps.s${at}.outputs.x' }`).join(', ')}] }`,
    ]),
  ),
  heavy('steps that misspell a step', { of: 'steps', size: 4_000 }, (size) =>
    jobs([
      `a: { steps: [${Array.from({ length: size }, (_, at) => `{ id: step${at}, run: "x \${{ steps.stpe${at}.outputs.x }}" }`).join(', ')}] }`,
    ]),
  ),
  heavy('steps that read all steps before them', { of: 'steps', size: 4_000 }, (size) =>
    jobs([
      `a: { steps: [${Array.from({ length: size }, (_, at) => `{ id: s${at}, run: "\${{ toJSON(steps) }} \${{ toJSON(steps.*.outputs) }}" }`).join(', ')}] }`,
    ]),
  ),
  heavy('steps that look for what no step gives', { of: 'steps', size: 4_000 }, (size) =>
    jobs([
      `a: { steps: [${Array.from({ length: size }, (_, at) => `{ id: s${at}, uses: http@v1, with: { url: "\${{ join(steps.*.outputs.nothing) }}" } }`).join(', ')}] }`,
    ]),
  ),
  heavy('jobs that read all jobs before them', { of: 'jobs', size: 250 }, (size) =>
    jobs(
      Array.from(
        { length: size },
        (_, at) =>
          `j${at}: { needs: [${Array.from({ length: at }, (_, need) => `j${need}`).join(', ')}], env: { A: "\${{ toJSON(needs) }}", B: "\${{ join(needs.*.result) }}" }, steps: [{ run: x }] }`,
      ),
    ),
  ),
  heavy('keys of env that a step reads', { of: 'keys', size: 6_000 }, (size) =>
    jobs([
      `a: { env: {${Array.from({ length: size }, (_, at) => `A${at}: x`).join(', ')}}, steps: [${'{ run: "${{ env.b }}" }, '.repeat(size / 4)}] }`,
    ]),
  ),
  heavy('a matrix with many axes and exclusions', { of: 'axes', size: 4_000 }, (size) =>
    jobs([
      `a: { strategy: { matrix: { ${Array.from({ length: size }, (_, at) => `a${at}: [1]`).join(', ')}, exclude: [${Array.from({ length: size }, (_, at) => `{ a${at}: 2 }`).join(', ')}] } }, steps: [{ run: x }] }`,
    ]),
  ),
  heavy('steps with one id', { of: 'steps', size: 8_000 }, (size) =>
    jobs([`a: { steps: [${'{ id: s, run: x }, '.repeat(size)}] }`]),
  ),
  heavy('steps in bodies', { of: 'bodies', size: 2_000 }, (size) =>
    jobs([
      `a: { steps: [${Array.from({ length: size }, (_, at) => `{ id: s${at}, uses: for-each@v1, with: { items: [1], steps: [{ id: t, run: x }] } }`).join(', ')}] }`,
    ]),
  ),
  heavy('steps without what they run', { of: 'steps', size: 15_000 }, (size) =>
    jobs([`a: { steps: [${'{}, '.repeat(size)}] }`]),
  ),
];
