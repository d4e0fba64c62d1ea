import { type Command, Option } from 'commander';
import { guarded } from '../command.ts';
import { collect, collectGiven, json, trust } from '../options.ts';
import type { Terminal } from '../terminal.ts';

type Finish = (exitCode: number) => void;

const dir = (): Option =>
  new Option('--dir <folder>', 'the plugin folder (default: PLUGIN_DIR, else /opt/waterflow/plugins)');
const lock = (): Option =>
  new Option('--lock <file>', 'what is approved (default: waterflow.lock in the plugin folder, where agents read it)');

/** The options that name a registry. */
function addRegistryOptions(command: Command): Command {
  return command
    .option(
      '--registry <place>',
      'a folder or a URL that `waterflow registry build` made (default: WATERFLOW_REGISTRY)',
    )
    .addOption(
      new Option(
        '--registry-key <id>',
        'the id of the registry that is meant: a registry with another id is refused; may be repeated',
      ).argParser(collectGiven),
    )
    .option('--insecure-http', 'take a registry over http: from another machine, too');
}

/** `waterflow plugin install`, `list`, `remove`, `audit` and `search`. */
export function addInstallation(plugin: Command, terminal: Terminal, finish: Finish): void {
  addInstall(plugin, terminal, finish);
  addList(plugin, terminal, finish);
  addRemove(plugin, terminal, finish);
  addAudit(plugin, terminal, finish);
  addSearch(plugin, terminal, finish);
}

function addInstall(plugin: Command, terminal: Terminal, finish: Finish): void {
  const command = plugin
    .command('install')
    .description('verify packages, show what they ask for, and install them once somebody has said yes')
    .argument('<package...>', 'package files (greet-1.0.0.tgz), and plugins of a registry (greet@v1, greet@1.0.0)')
    .addOption(dir())
    .addOption(trust())
    .addOption(lock());
  addRegistryOptions(command)
    .addOption(
      new Option('--approve <digest>', 'say yes to what the package with this digest asks for; may be repeated')
        .argParser(collect)
        .default([]),
    )
    .option('--yes', 'say yes to whatever the packages ask for')
    .option('--allow-unsigned', 'install what nobody has signed, and mark it so')
    .option('--allow-downgrade', 'put an older version in the place of a newer one')
    .addOption(json())
    .action(async (packages: string[], options) => {
      const { installPlugins } = await import('../commands/plugin-install.ts');
      finish(await guarded(terminal, options, () => installPlugins(terminal, packages, options)));
    });
}

function addList(plugin: Command, terminal: Terminal, finish: Finish): void {
  plugin
    .command('list')
    .description('list what is installed, by whom it is signed, whether it is as it was approved, and still trusted')
    .addOption(dir())
    .addOption(trust())
    .addOption(lock())
    .addOption(json())
    .action(async (options) => {
      const { listPlugins } = await import('../commands/plugin-list.ts');
      finish(await guarded(terminal, options, () => listPlugins(terminal, options)));
    });
}

function addRemove(plugin: Command, terminal: Terminal, finish: Finish): void {
  plugin
    .command('remove')
    .description('remove plugins, and what was approved for them')
    .argument('<plugin...>', 'all versions of a plugin (greet), or one (greet@1.0.0)')
    .addOption(dir())
    .addOption(lock())
    .addOption(json())
    .action(async (plugins: string[], options) => {
      const { removePlugins } = await import('../commands/plugin-remove.ts');
      finish(await guarded(terminal, options, () => removePlugins(terminal, plugins, options)));
    });
}

function addAudit(plugin: Command, terminal: Terminal, finish: Finish): void {
  const command = plugin
    .command('audit')
    .description(
      'say of each installed plugin who signed it, what it may do, and what is wrong; ends with 1 if anything',
    )
    .addOption(dir())
    .addOption(trust())
    .addOption(lock());
  addRegistryOptions(command)
    .addOption(json())
    .action(async (options) => {
      const { auditPlugins } = await import('../commands/plugin-audit.ts');
      finish(await guarded(terminal, options, () => auditPlugins(terminal, options)));
    });
}

function addSearch(plugin: Command, terminal: Terminal, finish: Finish): void {
  const command = plugin
    .command('search')
    .description('list the plugins of a registry')
    .argument('[word...]', 'in the name, the description or the capabilities; default: all of them');
  addRegistryOptions(command)
    .addOption(json())
    .action(async (words: string[], options) => {
      const { searchPlugins } = await import('../commands/plugin-search.ts');
      finish(await guarded(terminal, options, () => searchPlugins(terminal, words, options)));
    });
}
