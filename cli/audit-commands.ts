import { type Command, Option } from 'commander';
import { guarded } from './command.ts';
import { json, positive, state } from './options.ts';
import type { Terminal } from './terminal.ts';

type Finish = (exitCode: number) => void;

const runArgument = [
  '[run]',
  "a run's id, the beginning of it, `latest`, or the path of an audit log; left out with --all",
] as const;
const all = (): Option => new Option('--all', 'every run of the state folder');
const checkpoints = (): Option =>
  new Option(
    '--checkpoints <place>',
    'the file or folder where the agent left its checkpoints (default: WATERFLOW_AUDIT_CHECKPOINTS)',
  );

/** The commands over the record of host calls. */
export function addAudit(program: Command, terminal: Terminal, finish: Finish): void {
  const audit = program.command('audit').description('the record of every host call');
  addQuery(audit, terminal, finish);
  addVerify(audit, terminal, finish);
  addExport(audit, terminal, finish);
}

function addQuery(audit: Command, terminal: Terminal, finish: Finish): void {
  const ofCalls = ['capability', 'operation', 'decision'];
  withFilters(audit.command('query'))
    .description('show what plugins did and what they were refused, with what came of it')
    .addOption(new Option('--invocations', 'show the invocations of plugins, not their calls').conflicts(ofCalls))
    .addOption(new Option('--limit <n>', 'no more than so many (default: all)').argParser(positive))
    .addOption(json())
    .action(async (run: string | undefined, options) => {
      const { queryAudit } = await import('./commands/audit-query.ts');
      finish(await guarded(terminal, options, () => queryAudit(terminal, run, options)));
    });
}

function addExport(audit: Command, terminal: Terminal, finish: Finish): void {
  withFilters(audit.command('export'))
    .description('write the host calls as one JSON document, or as CSV for a spreadsheet')
    .addOption(new Option('--format <format>', 'what to write').choices(['json', 'csv']).default('json'))
    .option('--output <file>', 'write to a file that does not exist yet, not to stdout')
    .action(async (run: string | undefined, options) => {
      const { exportAudit } = await import('./commands/audit-export.ts');
      finish(await guarded(terminal, {}, () => exportAudit(terminal, run, options)));
    });
}

function addVerify(audit: Command, terminal: Terminal, finish: Finish): void {
  audit
    .command('verify')
    .description("check a run's hash chain and signatures")
    .argument(...runArgument)
    .addOption(all())
    .addOption(checkpoints())
    .option('--key <file>', "the agent's key, or its public half in PEM (default: agent-key.pem of the state folder)")
    .addOption(state())
    .addOption(json())
    .action(async (run: string | undefined, options) => {
      const { verifyAuditLogs } = await import('./commands/audit-verify.ts');
      finish(await guarded(terminal, options, () => verifyAuditLogs(terminal, run, options)));
    });
}

/** What a query and an export have in common: which runs, and which of their calls. */
function withFilters(command: Command): Command {
  return command
    .argument(...runArgument)
    .addOption(all())
    .option('--plugin <plugin>', 'of this plugin: its name, name@version, or (the beginning of) sha256:…')
    .option('--job <job>', 'of this job')
    .option('--step <step>', 'of this step of a job')
    .option('--capability <name>', 'of this capability, e.g. net')
    .option('--operation <name>', 'of this operation, e.g. request')
    .addOption(new Option('--decision <decision>', 'of these only').choices(['allowed', 'denied', 'invalid']))
    .option('--since <time>', 'from then on: RFC 3339, or how long ago (1h30m)')
    .option('--until <time>', 'before then')
    .addOption(state());
}
