import { definePlugin, type Plugin } from 'waterflow/plugin';

interface Inputs {
  readonly name: string;
}

interface Outputs {
  readonly count: number;
}

const plugin: Plugin<Inputs, Outputs> = definePlugin(async (inputs, host) => {
  const key = `counts/${inputs.name}`;
  for (;;) {
    const found = await host.store.get(key);
    const count = Number(found?.value ?? 0) + 1;
    // Another run may count at the same time: of both, one has to look again.
    const { swapped } = await host.store.compareAndSet(key, { expected: found?.version ?? null, value: count });
    if (swapped) return { count };
  }
});
export default plugin;
