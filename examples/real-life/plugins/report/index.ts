import { definePlugin, type Plugin } from 'waterflow/plugin';
import { table } from './table.ts';

interface Inputs {
  readonly title: string;
  readonly rows: Readonly<Record<string, unknown>>;
  readonly to: string;
}

interface Outputs {
  readonly path: string;
  readonly lines: number;
}

const plugin: Plugin<Inputs, Outputs> = definePlugin(async ({ title, rows, to }, host) => {
  const text = `# ${title}\n\n${table(rows)}`;
  await host.fs.write(to, text);
  host.log(text);
  return { path: to, lines: Object.keys(rows).length };
});
export default plugin;
