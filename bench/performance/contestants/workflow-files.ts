/** A step of a workflow file: a script, or a plugin. */
export type FileStep = { readonly run: string } | { readonly uses: string };

/** What differs between the files of those who read GitHub Actions' language. */
export interface FileHeader {
  readonly on: string;
  readonly runsOn: string;
}

/** A workflow of one job with so many steps one after the other. */
export function stepsInARow(count: number, step: FileStep, header: FileHeader): string {
  return fileOf(
    header,
    [],
    Array.from({ length: count }, () => step),
  );
}

/** A workflow of so many jobs at once, each of one step. */
export function jobsAtOnce(count: number, step: FileStep, header: FileHeader): string {
  const numbers = Array.from({ length: count }, (_, index) => index).join(', ');
  return fileOf(header, ['    strategy:', '      matrix:', `        number: [${numbers}]`], [step]);
}

function fileOf({ on, runsOn }: FileHeader, job: readonly string[], steps: readonly FileStep[]): string {
  const lines = steps.map((step) => `      - ${JSON.stringify(step)}`);
  return [
    'name: performance',
    `on: ${on}`,
    'jobs:',
    '  work:',
    `    runs-on: ${runsOn}`,
    ...job,
    '    steps:',
    ...lines,
    '',
  ].join('\n');
}
