import { type Command, Option } from 'commander';
import { guarded } from './command.ts';
import { durationWithin, json, state, trust } from './options.ts';
import type { Terminal } from './terminal.ts';
import { addTrustedKeys } from './trust-commands.ts';

type Finish = (exitCode: number) => void;

const dayMs = 86_400_000;
const keyArgument = ['<key>', 'its id, or what it begins with: wf_ and eight characters'] as const;
const config = (): Option =>
  new Option(
    '--config <file>',
    "the server's configuration file (default: /etc/waterflow/server.yaml, where there is one)",
  );
const signing = (what: string): Option => new Option('--signing', what);
const expires = (): Option =>
  new Option('--expires <duration>', 'how long it is good for, as 90d; ten years at most').argParser(
    durationWithin({ least: 1, most: 3653 * dayMs }),
  );

/**
 * The commands over a server's API keys, which work on its records, so that the first key can be made before it runs; and with
 * --signing over the keys with which plugins are signed.
 */
export function addKeys(program: Command, terminal: Terminal, finish: Finish): void {
  const keys = program
    .command('keys')
    .description(
      'make and end API keys of the server of this machine, and make keys that sign plugins (--signing) or keep data on Temporal',
    );
  addNew(keys, terminal, finish);
  addList(keys, terminal, finish);
  addRevoke(keys, terminal, finish);
  addRotate(keys, terminal, finish);
  addTrustedKeys(keys, terminal, finish);
}

function addNew(keys: Command, terminal: Terminal, finish: Finish): void {
  keys
    .command('new')
    .description(
      'make a key and print it, this once; with --signing, one that signs plugins, as two files; with --queue or --payload, one for data on Temporal, as a file',
    )
    .requiredOption('--name <name>', 'who or what has it')
    .addOption(
      new Option('--role <role>', 'what it may do; needed of API keys').choices([
        'viewer',
        'operator',
        'approver',
        'admin',
        'agent',
      ]),
    )
    .addOption(signing('make a key that signs plugins: NAME.key, NAME.pub'))
    .addOption(
      new Option(
        '--queue',
        'make the pair of a queue, which seals the secrets of runs on Temporal: NAME.queue-key',
      ).conflicts(['signing', 'payload']),
    )
    .addOption(
      new Option('--payload', 'make a key that encrypts what Temporal stores: NAME.payload-key').conflicts('signing'),
    )
    .option('--out <folder>', "where files go; made if it isn't there", '.')
    .addOption(new Option('--tenant <tenant>', 'its tenant; `*` for all of them').default('default'))
    .addOption(expires())
    .addOption(config())
    .addOption(state())
    .addOption(json())
    .action(async (options) => {
      if (options.signing === true) {
        const { newSigningKey } = await import('./commands/signing-keys.ts');
        finish(await guarded(terminal, options, async () => newSigningKey(terminal, options)));
        return;
      }
      if (options.queue === true || options.payload === true) {
        const { newKeyOfPayloads, newKeyOfQueue } = await import('./commands/data-keys.ts');
        const make = options.queue === true ? newKeyOfQueue : newKeyOfPayloads;
        finish(await guarded(terminal, options, async () => make(terminal, options)));
        return;
      }
      const { newKey } = await import('./commands/keys.ts');
      finish(await guarded(terminal, options, () => newKey(terminal, options)));
    });
}

function addList(keys: Command, terminal: Terminal, finish: Finish): void {
  keys
    .command('list')
    .description('list keys, also those that are over; never the keys themselves')
    .option('--tenant <tenant>', 'only those of this tenant')
    .addOption(signing('list the keys of the trust policy, and whether they count'))
    .addOption(trust())
    .addOption(config())
    .addOption(state())
    .addOption(json())
    .action(async (options) => {
      if (options.signing === true) {
        const { listSigningKeys } = await import('./commands/signing-keys.ts');
        finish(await guarded(terminal, options, async () => listSigningKeys(terminal, options)));
        return;
      }
      const { listKeys } = await import('./commands/keys.ts');
      finish(await guarded(terminal, options, () => listKeys(terminal, options)));
    });
}

function addRevoke(keys: Command, terminal: Terminal, finish: Finish): void {
  keys
    .command('revoke')
    .description('end a key at once and for good')
    .argument(
      '<key>',
      `${keyArgument[1]}; with --signing its id (ed25519-…) or what that begins with, its holder's name in the trust policy, or its .pub file`,
    )
    .addOption(signing('revoke a key that signs plugins, in the trust policy'))
    .option('--reason <text>', 'with --signing: why, for those whose plugins are refused')
    .addOption(trust())
    .addOption(config())
    .addOption(state())
    .addOption(json())
    .action(async (key: string, options) => {
      if (options.signing === true) {
        const { revokeSigningKey } = await import('./commands/signing-keys.ts');
        finish(await guarded(terminal, options, async () => revokeSigningKey(terminal, key, options)));
        return;
      }
      const { endKey } = await import('./commands/keys.ts');
      finish(await guarded(terminal, options, () => endKey(terminal, key, options)));
    });
}

function addRotate(keys: Command, terminal: Terminal, finish: Finish): void {
  keys
    .command('rotate')
    .description('make a new key in place of one, which works on until its grace is over')
    .argument(...keyArgument)
    .addOption(
      new Option('--grace <duration>', 'how long the old key still works, 30d at most')
        .argParser(durationWithin({ least: 0, most: 30 * dayMs }))
        .default(dayMs, '24h'),
    )
    .addOption(expires())
    .addOption(config())
    .addOption(state())
    .addOption(json())
    .action(async (key: string, options) => {
      const { replaceKey } = await import('./commands/keys.ts');
      finish(await guarded(terminal, options, () => replaceKey(terminal, key, options)));
    });
}
