import type { Command } from 'commander';
import { guarded } from './command.ts';
import { collect, json } from './options.ts';
import type { Terminal } from './terminal.ts';

/** `waterflow bundle`, and `waterflow bundle verify`. */
export function addBundle(program: Command, terminal: Terminal, finish: (exitCode: number) => void): void {
  const bundle = program
    .command('bundle')
    .description('put everything that a site without a network needs into one signed file, and check such files');
  bundle
    .command('make', { isDefault: true })
    .description('make a bundle; `make` may be left out')
    .requiredOption('--release <folder>', 'the release: what `npm run release` made, or what was published')
    .requiredOption(
      '--key <file>',
      'the key that signs the bundle; its passphrase, if it has one, in WATERFLOW_KEY_PASSPHRASE',
    )
    .requiredOption('--out <file>', 'the bundle: a .tar.zst, .tar.gz or .tar, which does not exist yet')
    .option(
      '--with-temporal <path>',
      "Temporal's program temporal-server, or a folder that has it, and with it temporal-sql-tool and temporal where they are there",
    )
    .option(
      '--plugins <path>',
      "a plugin's package, or a folder of them, each with its .sig file; may be repeated",
      collect,
      [],
    )
    .option('--images <file>', 'an image of containers, as `docker save` writes it; may be repeated', collect, [])
    .option('--public-keys <file>', 'a .pub file that the site is to know; may be repeated', collect, [])
    .addOption(json())
    .action(async (options) => {
      const { makeSiteBundle } = await import('./commands/bundle.ts');
      finish(await guarded(terminal, options, () => makeSiteBundle(terminal, options)));
    });
  bundle
    .command('verify')
    .description('check that a bundle is, to the last byte, what was signed; nothing is written')
    .argument('<file>', 'the bundle')
    .requiredOption('--key <file>', 'a .pub file of whom you trust to make bundles; may be repeated', collect, [])
    .option('--installed <version>', 'the version that the site has: an older bundle is refused')
    .addOption(json())
    .action(async (file: string, options) => {
      const { verifySiteBundle } = await import('./commands/bundle-verify.ts');
      finish(await guarded(terminal, options, () => verifySiteBundle(terminal, file, options)));
    });
}
