import { definePlugin, type Plugin } from 'waterflow/plugin';

interface Outputs {
  readonly at: number;
}

const plugin: Plugin<Record<string, never>, Outputs> = definePlugin(() => ({ at: Date.now() }));

export default plugin;
