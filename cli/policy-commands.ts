import { type Command, Option } from 'commander';
import { guarded } from './command.ts';
import { json, state } from './options.ts';
import type { Terminal } from './terminal.ts';

type Finish = (exitCode: number) => void;

/** The commands for who writes policies. */
export function addPolicy(program: Command, terminal: Terminal, finish: Finish): void {
  const policy = program
    .command('policy')
    .description("work on a policy, the operator's ceiling over what plugins may do");
  addCheck(policy, terminal, finish);
  addTest(policy, terminal, finish);
  addLearn(policy, terminal, finish);
}

function addCheck(policy: Command, terminal: Terminal, finish: Finish): void {
  policy
    .command('check')
    .description('report what is wrong in a policy, and what is probably not meant')
    .argument('<policy>', 'the policy file')
    .option('--plugins', 'the plugins of this machine are all there are: report rules for any other')
    .addOption(json())
    .addOption(new Option('--github', 'annotations of GitHub Actions on stdout, one a line').conflicts('json'))
    .action(async (file: string, options) => {
      const { checkPolicy } = await import('./commands/policy-check.ts');
      finish(await guarded(terminal, options, () => checkPolicy(terminal, file, options)));
    });
}

function addTest(policy: Command, terminal: Terminal, finish: Finish): void {
  policy
    .command('test')
    .description('ask a policy about calls, and compare with what it should say')
    .argument('<policy>', 'the policy file')
    .argument('<cases>', 'a YAML file with a list of cases: name, plugin, call, expect, …')
    .addOption(json())
    .action(async (file: string, cases: string, options) => {
      const { testPolicyFile } = await import('./commands/policy-test.ts');
      finish(await guarded(terminal, options, () => testPolicyFile(terminal, { policy: file, cases }, options)));
    });
}

function addLearn(policy: Command, terminal: Terminal, finish: Finish): void {
  policy
    .command('learn')
    .description('propose the tightest policy that allows what a run did, for a person to review')
    .argument('<run>', "a run's id, the beginning of it, `latest`, or the path of an audit log")
    .addOption(
      new Option('--by <what>', 'select plugins by their name, or by their digest')
        .choices(['name', 'digest'])
        .default('digest'),
    )
    .option('--ids', 'let a `*` stand for parts of paths that are numbers, hashes or UUIDs')
    .addOption(state())
    .addOption(json())
    .action(async (run: string, options) => {
      const { learnPolicy } = await import('./commands/policy-learn.ts');
      finish(await guarded(terminal, options, () => learnPolicy(terminal, run, options)));
    });
}
