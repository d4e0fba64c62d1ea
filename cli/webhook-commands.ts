import { type Command, Option } from 'commander';
import type { WebhookChange } from './client/commands/webhooks.ts';
import { guarded } from './command.ts';
import { json, label, profile, server, variable } from './options.ts';
import type { Terminal } from './terminal.ts';

type Finish = (exitCode: number) => void;

/** `waterflow webhook`, which asks a server and nothing of this machine. */
export function addWebhook(program: Command, terminal: Terminal, finish: Finish): void {
  const webhook = program
    .command('webhook')
    .description("a server's webhooks, addresses at which signed requests start runs");
  addCreate(webhook, terminal, finish);
  remote(webhook.command('list').description('list webhooks')).action(async (options) => {
    const { listWebhooks } = await import('./client/commands/webhooks.ts');
    finish(await guarded(terminal, options, () => listWebhooks(terminal, options)));
  });
  ofOne(webhook, 'show', 'show a webhook, without its secret').action(async (id: string, options) => {
    const { showWebhook } = await import('./client/commands/webhooks.ts');
    finish(await guarded(terminal, options, () => showWebhook(terminal, id, options)));
  });
  addChange(webhook, terminal, finish);
  ofOne(webhook, 'delete', 'remove a webhook; its runs stay').action(async (id: string, options) => {
    const { removeWebhook } = await import('./client/commands/webhooks.ts');
    finish(await guarded(terminal, options, () => removeWebhook(terminal, id, options)));
  });
}

function addCreate(webhook: Command, terminal: Terminal, finish: Finish): void {
  remote(webhook.command('create'))
    .description('make a webhook of a workflow that has `on.webhook`; prints its address and its secret, this once')
    .argument('<file>', 'the workflow file')
    .option('--name <name>', "what it is called (default: the workflow's name)")
    .addOption(variable())
    .addOption(label('what its runs are found by; may be repeated'))
    .addOption(
      new Option('--secret-env <variable>', 'an environment variable that holds its secret (default: one is made up)'),
    )
    .option('--paused', 'take no deliveries until it is resumed')
    .action(async (file: string, options) => {
      const { createWebhook } = await import('./client/commands/webhooks.ts');
      finish(await guarded(terminal, options, () => createWebhook(terminal, file, options)));
    });
}

const changes: Readonly<Record<string, { readonly description: string; readonly change: WebhookChange }>> = {
  pause: { description: 'take no more deliveries until it is resumed', change: { paused: true } },
  resume: { description: 'have a paused webhook take deliveries again', change: { paused: false } },
  rotate: {
    description: 'give it another secret, and print that; the old one ends at once',
    change: { rotate_secret: true },
  },
};

function addChange(webhook: Command, terminal: Terminal, finish: Finish): void {
  for (const [verb, { description, change }] of Object.entries(changes)) {
    ofOne(webhook, verb, description).action(async (id: string, options) => {
      const { changeWebhook } = await import('./client/commands/webhooks.ts');
      finish(await guarded(terminal, options, () => changeWebhook(terminal, { id, change }, options)));
    });
  }
}

function ofOne(webhook: Command, name: string, description: string): Command {
  return remote(webhook.command(name)).description(description).argument('<webhook>', 'its id, whk_…');
}

function remote(command: Command): Command {
  return command.addOption(server()).addOption(profile()).addOption(json());
}
