import { definePlugin, type Plugin } from 'waterflow/plugin';

interface Inputs {
  readonly image: string;
  readonly path: string;
}

interface Outputs {
  readonly words: number;
}

const plugin: Plugin<Inputs, Outputs> = definePlugin(async ({ image, path }, host) => {
  const { exit_code, stdout } = await host.docker.run({
    image,
    command: ['wc', '-w', `/work/${path}`],
    mounts: [{ path: 'text', target: '/work/text', access: 'read' }],
    root: 'read',
    stdout: 'capture',
  });
  if (exit_code !== 0) throw new Error(`wc ended with ${exit_code}`);
  return { words: Number.parseInt(stdout ?? '', 10) };
});
export default plugin;
