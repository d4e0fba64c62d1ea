import { definePlugin, type Plugin } from 'waterflow/plugin';
import { addReport, type Coverage, percentOf, writeReport } from './lcov.ts';

interface Inputs {
  readonly folder: string;
  readonly to: string;
}

interface Outputs {
  readonly files: number;
  readonly percent: number;
  readonly worst: string;
}

const plugin: Plugin<Inputs, Outputs> = definePlugin(async ({ folder, to }, host) => {
  const coverage: Coverage = new Map();
  const reports = await host.fs.glob(`${folder}/**/*.info`);
  if (reports.length === 0) throw new Error(`there is no report in ${folder}`);
  for (const report of reports) addReport(coverage, await host.fs.read(report));
  await host.fs.write(to, writeReport(coverage));
  const shares = Array.from(coverage, ([file, lines]) => ({ file, percent: percentOf([lines]) }));
  const [worst] = shares.sort((one, other) => one.percent - other.percent);
  const percent = percentOf(coverage.values());
  host.log(`${reports.length} reports, ${coverage.size} files, ${percent} % of the lines`);
  return { files: coverage.size, percent, worst: worst?.file ?? '' };
});
export default plugin;
