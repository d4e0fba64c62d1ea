import { largeWorkflow } from '../large-workflow.ts';

/** What becomes of a file's runs once they have begun. */
export type RunEnd =
  /** They wait for a signal that nobody gives. */
  | 'waits'
  /** Their first job sleeps for a millisecond, and the others are skipped. */
  | 'ends';

const lines = 1000;
/** In their place: a file's runs would wait for each other, and its jobs would need sandboxes by the thousand. */
const group = 'concurrency: bench-${{ inputs.target }}';

/** A file of about 1,000 lines and 52 jobs of every sort. Its first job comes before all others, and none of them has work to do. */
export function submittedFile(end: RunEnd): string {
  const { source } = largeWorkflow(lines - gate('ends').length);
  return source
    .replace(`${group}\n`, '')
    .replace('jobs:\n', `jobs:\n${gate(end).join('\n')}\n`)
    .replace('  job-0:\n', '  job-0:\n    needs: [gate]\n')
    .replaceAll('if: ${{ !cancelled() && ', "if: ${{ vars.open == 'yes' && ");
}

/** A file that is like no other: its plan has to be made, and kept. `{n}` in it is to be a number. */
export function differentFile(end: RunEnd): string {
  return submittedFile(end).replace('building for $TARGET', 'building {n} for $TARGET');
}

function gate(end: RunEnd): readonly string[] {
  const step =
    end === 'ends'
      ? '      - { uses: sleep@v1, with: { duration: 1ms } }'
      : '      - { uses: wait-for@v1, with: { signal: go, timeout: 1h } }';
  return ['  gate:', '    steps:', step];
}

/** A run of so many steps in a row, each a script. `last`: it waits for a signal at its end. */
export function manySteps(steps: number, last: 'ends' | 'waits'): string {
  const scripts = Array.from({ length: steps - 1 }, (_, index) => `      - run: echo "step ${index}"`);
  const end =
    last === 'ends' ? '      - run: echo done' : '      - { uses: wait-for@v1, with: { signal: go, timeout: 1h } }';
  return ['name: many-steps', 'on: manual', 'jobs:', '  many:', '    steps:', ...scripts, end, ''].join('\n');
}

/** A run that waits for the signal `go`, and then writes so many lines that say when they were written, one each `pauseSeconds`. */
export function stampedLines(count: number, pauseSeconds: number): string {
  return `name: stamped-lines
on: manual
jobs:
  write:
    steps:
      - { uses: wait-for@v1, with: { signal: go, timeout: 10m } }
      - run: |
          for each in $(seq ${count}); do
            sleep ${pauseSeconds}
            echo "written=$EPOCHREALTIME"
          done
`;
}

/** The smallest run: it ends in no time, and needs no agent. */
export const smallRun = `name: small
on: manual
jobs:
  only:
    steps:
      - { uses: sleep@v1, with: { duration: 1ms } }
`;
