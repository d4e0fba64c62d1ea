import { type Command, Option } from 'commander';
import { guarded } from './command.ts';
import { policy } from './options.ts';
import type { Terminal } from './terminal.ts';

type Finish = (exitCode: number) => void;

/** The command for who runs an agent. */
export function addAgent(program: Command, terminal: Terminal, finish: Finish): void {
  const agentCommand = program
    .command('agent')
    // Those of `agent health` are its own, also where they are called the same.
    .enablePositionalOptions()
    .description('run an agent, which takes jobs from queues of Temporal and carries out their steps on this machine')
    .option('--config <file>', 'the configuration file (default: /etc/waterflow/agent.yaml, where there is one)')
    .option('--task-queues <queues>', 'the queues, as deploy,build=4 with the jobs at a time (default: TASK_QUEUES)')
    .option(
      '--name <name>',
      "the agent's name, unique in its namespace (default: WATERFLOW_AGENT_NAME, else the host's)",
    )
    .addOption(policy())
    .option('--secrets-file <file>', 'where it has secrets from beside those of runs (default: WATERFLOW_SECRETS_FILE)')
    .option(
      '--state <folder>',
      'where workspaces, audit logs and the spool lie (default: WATERFLOW_STATE_DIR, else `agent` in that of `waterflow run`)',
    )
    .option('--show-config', 'show the configuration, and where each value comes from, and start nothing')
    .addOption(new Option('--json', 'write the log as JSON, one object a line, also to a terminal'))
    .action(async (options) => {
      const { agent } = await import('./commands/agent.ts');
      finish(await guarded(terminal, options, () => agent(terminal, options)));
    });
  agentCommand
    .command('health')
    .description('say whether the agent of this machine takes jobs; exit code 1 where it does not')
    .option(
      '--config <file>',
      'the configuration file of the agent (default: /etc/waterflow/agent.yaml, where there is one)',
    )
    .option('--state <folder>', 'the state folder of the agent (default: as the agent has it)')
    .option('--live', 'exit code 0 also where it takes no jobs at the moment, as long as its process answers')
    .addOption(new Option('--json', 'print one JSON object'))
    .action(async (options) => {
      const { agentHealth } = await import('./commands/agent-health.ts');
      finish(await guarded(terminal, options, () => agentHealth(terminal, options)));
    });
}
