import { type Command, Option } from 'commander';
import { guarded } from './command.ts';
import { collectGiven, json, trust } from './options.ts';
import type { Terminal } from './terminal.ts';

/** `waterflow keys trust` and `distrust`, over the keys of other people in the trust policy. */
export function addTrustedKeys(keys: Command, terminal: Terminal, finish: (exitCode: number) => void): void {
  keys
    .command('trust')
    .description(
      "let a signer's key count: adds it to the trust policy, which is made where there is none, or further plugins to a key that is there",
    )
    .argument('<name>', 'what its holder is called; several keys of one name are one signer')
    .requiredOption('--key <file>', 'the .pub file that they gave you, or what it says: ed25519:…')
    .addOption(
      new Option('--plugins <pattern>', 'for which plugins, as "acme-*"; may be repeated')
        .argParser(collectGiven)
        .makeOptionMandatory(),
    )
    .option('--not-before <time>', 'from when its signatures count, as 2027-01-31T00:00:00Z')
    .option('--not-after <time>', 'until when they count')
    .option('--id <id>', 'the id that they told you the key has: ed25519-…; another one is refused')
    .option('--yes', 'do not ask whether it is the id that they told you')
    .addOption(trust())
    .addOption(json())
    .action(async (name: string, options) => {
      const { trustKey } = await import('./commands/trusted-keys.ts');
      finish(await guarded(terminal, options, () => trustKey(terminal, name, options)));
    });
  keys
    .command('distrust')
    .description("take a signer's keys out of the trust policy; `revoke --signing` keeps them from coming back")
    .argument('<key>', "a signer's name, a key's id (ed25519-…) or its .pub file")
    .addOption(
      new Option(
        '--plugins <pattern>',
        'only no more for these plugins, a pattern as the trust policy has it; may be repeated',
      ).argParser(collectGiven),
    )
    .addOption(trust())
    .addOption(json())
    .action(async (key: string, options) => {
      const { distrustKey } = await import('./commands/trusted-keys.ts');
      finish(await guarded(terminal, options, async () => distrustKey(terminal, key, options)));
    });
}
