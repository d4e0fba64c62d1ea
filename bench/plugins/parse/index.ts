import { definePlugin, type Plugin } from 'waterflow/plugin';

interface Inputs {
  readonly text: string;
}

interface Outputs {
  readonly text: string;
}

/** Reads a text as a list in JSON and counts its items. */
const plugin: Plugin<Inputs, Outputs> = definePlugin(({ text }) => {
  const list: unknown = JSON.parse(text);
  return { text: Array.isArray(list) ? String(list.length) : 'no list' };
});

export default plugin;
