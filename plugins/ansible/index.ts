import { definePlugin, type Host, type Plugin, stepFailure } from 'waterflow/plugin';
import { commandOf, resultsFile } from './command.ts';
import { checkInputs, type Inputs } from './inputs.ts';
import { failureOf, readResults } from './results.ts';

const plugin: Plugin<Inputs, object> = definePlugin(async (inputs, host) => {
  checkInputs(inputs);
  await requireOwn(host, 'playbook', inputs.playbook);
  await requireOwn(host, 'config', inputs.config);
  await requireInventory(host, inputs.inventory);
  const { exit_code, files } = await host.exec.run(commandOf(inputs));
  const results = readResults(files[resultsFile] ?? '');
  const outputs = { exit_code, ...results };
  if (exit_code === 0 && results !== undefined) return outputs;
  if (exit_code === 0) {
    throw stepFailure('ansible-playbook ended well, and said nothing of its hosts', {
      outputs,
      remedy: 'Its callback plugin `waterflow` did not run: the log may say why, with `verbosity: 2`.',
    });
  }
  const { message, remedy } = failureOf(exit_code, results);
  throw stepFailure(message, { outputs, remedy });
});
export default plugin;

/** Refuses what is no file of the workspace. A link on the way to it is refused by `fs`, as it follows none. */
async function requireOwn(host: Host, name: string, path: string | undefined): Promise<void> {
  if (path === undefined) return;
  const found = await host.fs.stat(path);
  if (found === null) throw new Error(`${name}: there is no ${path} in the workspace`);
  if (found.type !== 'file') throw new Error(`${name}: ${path} is a ${found.type}, not a file`);
}

/** In a folder, Ansible reads each file as an inventory, and runs those that may be executed. */
async function requireInventory(host: Host, path: string | undefined): Promise<void> {
  if (path === undefined || (await host.fs.stat(path))?.type !== 'directory') {
    return requireOwn(host, 'inventory', path);
  }
  await refuseLinks(host, path);
}

/** Of variables, which are no inventories: Ansible reads them beside the playbook, too, and several inventories may share them. */
const variableFolders: ReadonlySet<string> = new Set(['group_vars', 'host_vars']);

/** Ansible goes into the folders of a folder, and passes over names that begin with a dot. */
async function refuseLinks(host: Host, folder: string): Promise<void> {
  for (const { name, type } of await host.fs.list(folder)) {
    if (name.startsWith('.') || variableFolders.has(name)) continue;
    const path = `${folder}/${name}`;
    if (type === 'symlink') throw new Error(`inventory: ${path} is a symlink, which may lead anywhere`);
    if (type === 'directory') await refuseLinks(host, path);
  }
}
