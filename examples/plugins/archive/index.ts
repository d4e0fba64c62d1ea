import { definePlugin, type Plugin } from 'waterflow/plugin';

interface Inputs {
  readonly folder: string;
  readonly to: string;
  readonly copy: string;
}

interface Outputs {
  readonly entries: number;
  readonly sha256: string;
}

/** The agent packs and unpacks: not a byte of the files passes through here. */
const plugin: Plugin<Inputs, Outputs> = definePlugin(async (inputs, host) => {
  const { entries, sha256 } = await host.fs.pack(inputs.folder, inputs.to, { exclude: ['**/*.tmp'] });
  await host.fs.unpack(inputs.to, inputs.copy);
  return { entries, sha256 };
});
export default plugin;
