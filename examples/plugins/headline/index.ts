import { definePlugin, type Plugin } from 'waterflow/plugin';
import { frame } from './frame.ts';

interface Inputs {
  readonly path: string;
  readonly to?: string;
}

interface Outputs {
  readonly title: string;
  readonly headings: number;
}

const plugin: Plugin<Inputs, Outputs> = definePlugin(async (inputs, host) => {
  const text = await host.fs.read(inputs.path);
  const headings = text.split('\n').filter((line) => /^#{1,6} /.test(line));
  const title = headings[0]?.replace(/^#+ /, '').trim();
  if (!title) {
    throw new Error(`${inputs.path} has no heading`);
  }
  await host.fs.write(inputs.to ?? 'headline.txt', frame(title));
  host.log(frame(title));
  return { title, headings: headings.length };
});
export default plugin;
