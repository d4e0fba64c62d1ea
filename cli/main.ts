import { Command, CommanderError, Option } from 'commander';
import type { WaterflowError } from '../schemas/index.ts';
import { addAgent } from './agent-commands.ts';
import { addAudit } from './audit-commands.ts';
import { addBackup } from './backup-commands.ts';
import { addBundle } from './bundle-command.ts';
import { addClient } from './client-commands.ts';
import { guarded, reportError } from './command.ts';
import { exitCodes } from './exit-codes.ts';
import { addGenerate } from './generate-command.ts';
import { addKeys } from './key-commands.ts';
import { addOperations } from './operation-commands.ts';
import {
  approve,
  checkpoints,
  collect,
  collectGiven,
  collectNames,
  input,
  json,
  policy,
  secret,
  state,
  variable,
} from './options.ts';
import { meaningOf } from './other-words.ts';
import { packageVersion } from './package-root.ts';
import { addPlugin } from './plugin-commands.ts';
import { addPolicy } from './policy-commands.ts';
import { addRegistry } from './registry-commands.ts';
import { addSecrets } from './secrets-commands.ts';
import { addCompletion, addServer } from './server-commands.ts';
import { processTerminal, type Terminal } from './terminal.ts';
import { isVersionQuestion, tellVersion } from './version.ts';

/** The `waterflow` command. Each subcommand is a file of its own, loaded only when it is the one that was asked for. */
export async function main(
  argv: readonly string[],
  given: Partial<Pick<Terminal, 'cache' | 'onInterrupt' | 'onHangUp'>> = {},
): Promise<void> {
  const terminal = processTerminal(process, given);
  const exitCode = await runCommandLine(argv, terminal);
  await terminal.stdout.flushed();
  process.exitCode = checkOutput(terminal, exitCode);
}

/** A result that can't be written is no success; a reader that went away (`waterflow run … | head`) had what it wanted. */
function checkOutput(terminal: Terminal, exitCode: number): number {
  const failure = terminal.stdout.failure();
  if (failure === undefined || failure === 'EPIPE' || exitCode !== exitCodes.ok) return exitCode;
  const remedy = 'Send the output somewhere that has room for it.';
  return reportError(terminal, { code: 'STORAGE_FAILED', message: `cannot write to stdout: ${failure}`, remedy }, {});
}

/** Parses and runs one command line; gives the exit code. */
export async function runCommandLine(argv: readonly string[], terminal: Terminal): Promise<number> {
  let exitCode: number = exitCodes.ok;
  if (isVersionQuestion(argv)) return tellVersion(terminal, { json: argv.length > 1 });
  const program = createProgram(terminal, (code) => {
    exitCode = code;
  });
  try {
    await program.parseAsync([...argv], { from: 'user' });
    return exitCode;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return exitCodes.ok;
    if (error.code === 'commander.help') return exitCodes.usage;
    return reportError(terminal, usageErrorOf(error, argv), { json: argv.includes('--json') });
  }
}

/** Commander's own error, whose last line may be a guess. */
function usageErrorOf(error: CommanderError, argv: readonly string[]): WaterflowError {
  const [message = '', guess] = error.message.replace(/^error: /u, '').split('\n');
  const meant = /^\(Did you mean (.+)\?\)$/u.exec(guess ?? '')?.[1];
  const help = 'Run the command with --help to see how it is used.';
  const known = error.code === 'commander.unknownCommand' ? meaningOf(argv) : undefined;
  if (known !== undefined) return { code: 'USAGE', message, remedy: known };
  return { code: 'USAGE', message, remedy: meant === undefined ? help : `Did you mean ${meant}? ${help}` };
}

/** With the choices and the default; one that may be repeated has no default worth a word. */
function optionDescription({ description, argChoices, defaultValue, defaultValueDescription }: Option): string {
  const hasDefault = typeof defaultValue === 'string' || typeof defaultValue === 'number';
  const facts = [
    ...(argChoices === undefined ? [] : [argChoices.join(', ')]),
    ...(hasDefault ? [`default: ${defaultValueDescription ?? defaultValue}`] : []),
  ];
  return facts.length === 0 ? description : `${description} (${facts.join('; ')})`;
}

type Finish = (exitCode: number) => void;

function createProgram(terminal: Terminal, finish: Finish): Command {
  const program = new Command('waterflow')
    .description('Runs YAML workflows durably; every step is a plugin in a sandbox with explicit grants.')
    .version(
      packageVersion(import.meta.url),
      '--version',
      'print version, commit and kind of build; with --json as one object',
    )
    .helpOption('-h, --help', 'print help')
    .configureOutput({
      writeOut: (text) => terminal.stdout.write(text),
      writeErr: (text) => terminal.stderr.write(text),
      // Errors are printed once, in our own form, where they are caught.
      outputError: () => {},
    })
    .configureHelp({ optionDescription })
    .exitOverride()
    // What follows a command is that command's, also where one above it has an option of that name.
    .enablePositionalOptions()
    .showSuggestionAfterError();
  addRun(program, terminal, finish);
  addOperations(program, terminal, finish);
  addValidate(program, terminal, finish);
  addPlan(program, terminal, finish);
  addEval(program, terminal, finish);
  addSchema(program, terminal, finish);
  addOpenApi(program, terminal, finish);
  addImport(program, terminal, finish);
  addGenerate(program, terminal, finish);
  addPlugin(program, terminal, finish);
  addRegistry(program, terminal, finish);
  addGrants(program, terminal, finish);
  addPolicy(program, terminal, finish);
  addSecrets(program, terminal, finish);
  addAudit(program, terminal, finish);
  addDoctor(program, terminal, finish);
  addClient(program, terminal, finish);
  addServer(program, terminal, finish);
  addBackup(program, terminal, finish);
  addAgent(program, terminal, finish);
  addKeys(program, terminal, finish);
  addBundle(program, terminal, finish);
  addCompletion(program, terminal, finish);
  for (const command of [program, ...program.commands, ...program.commands.flatMap((child) => child.commands)]) {
    command.exitOverride().allowExcessArguments(false);
  }
  return program;
}

function addRun(program: Command, terminal: Terminal, finish: Finish): void {
  program
    .command('run')
    .description('run a workflow file on this machine, durably')
    .argument('[file]', 'the workflow file; left out with --resume')
    .addOption(input())
    .addOption(variable())
    .addOption(secret())
    .addOption(policy())
    .addOption(approve())
    .addOption(state())
    .addOption(checkpoints())
    .addOption(
      new Option('--resume <run>', 'go on with a run that was interrupted: its id, the beginning of it, or `latest`'),
    )
    .addOption(json())
    .action(async (file: string | undefined, options) => {
      const { run } = await import('./commands/run.ts');
      finish(await guarded(terminal, options, () => run(terminal, file, options)));
    });
}

function addValidate(program: Command, terminal: Terminal, finish: Finish): void {
  program
    .command('validate')
    .description('check workflow files and report every problem with its place and remedy')
    .argument('<file...>', 'workflow files')
    .addOption(json())
    .addOption(new Option('--sarif', 'a SARIF 2.1.0 log on stdout, as code scanning takes it').conflicts('json'))
    .addOption(
      new Option('--github', 'annotations of GitHub Actions on stdout, one a line').conflicts(['json', 'sarif']),
    )
    .option('--fix', 'correct in the files what is safe to correct, and report the rest')
    .addOption(
      new Option('--queues <names>', 'the queues that agents serve, as a,b; warns of a job on any other').argParser(
        collectNames,
      ),
    )
    .action(async (files: readonly string[], options) => {
      const { validate } = await import('./commands/validate.ts');
      finish(await guarded(terminal, options, () => validate(terminal, files, options)));
    });
}

function addPlan(program: Command, terminal: Terminal, finish: Finish): void {
  program
    .command('plan')
    .description('show what a workflow file would run, without running it')
    .argument('<file>', 'the workflow file')
    .addOption(input())
    .addOption(variable())
    .addOption(policy())
    .addOption(approve())
    .addOption(
      new Option(
        '--simulate <script>',
        "show how a run would go where these come to that, as 'build=failure,deploy.smoke=timeout>success'; '' for one that goes well",
      )
        .argParser(collectGiven)
        .conflicts('mermaid'),
    )
    .addOption(
      new Option('--hosts <queue=host,host>', 'the hosts of a queue, for --simulate; may be repeated')
        .argParser(collect)
        .default([]),
    )
    .addOption(json().conflicts('mermaid'))
    .option('--mermaid', 'a Mermaid flowchart of the jobs')
    .action(async (file: string, options) => {
      const { plan } = await import('./commands/plan.ts');
      finish(await guarded(terminal, options, () => plan(terminal, file, options)));
    });
}

function addEval(program: Command, terminal: Terminal, finish: Finish): void {
  program
    .command('eval')
    .description('evaluate an expression')
    .argument('[expression]', 'the expression, without ${{ }}; left out with --batch')
    .option('--context <file>', 'a JSON file with the contexts, e.g. { "inputs": { "tag": "v1" } }')
    .option('--batch', 'JSON lines on stdin: { "expr", "contexts" }; one result a line on stdout')
    .addOption(json())
    .action(async (expression: string | undefined, options) => {
      const { evaluate } = await import('./commands/eval.ts');
      finish(await guarded(terminal, options, () => evaluate(terminal, expression, options)));
    });
}

function addSchema(program: Command, terminal: Terminal, finish: Finish): void {
  program
    .command('schema')
    .description('print the JSON Schema of workflow files, for editors')
    .option('--out <file>', 'write it to a file')
    .action(async (options) => {
      const { schema } = await import('./commands/schema.ts');
      finish(await guarded(terminal, options, () => schema(terminal, options)));
    });
}

function addOpenApi(program: Command, terminal: Terminal, finish: Finish): void {
  program
    .command('openapi')
    .description("print the server's API as an OpenAPI 3.1 document")
    .option('--url <url>', 'where clients reach the server, as the document says it')
    .option('--out <file>', 'write it to a file')
    .action(async (options) => {
      const { openapi } = await import('./commands/openapi.ts');
      finish(await guarded(terminal, options, () => openapi(terminal, options)));
    });
}

function addImport(program: Command, terminal: Terminal, finish: Finish): void {
  program
    .command('import')
    .description('turn a workflow of GitHub Actions into one of Waterflow, and list what needs hands')
    .argument('<file>', 'the workflow file of GitHub Actions')
    .option('--out <file>', 'write the result to a file that does not exist yet')
    .addOption(json())
    .action(async (file: string, options) => {
      const { importFile } = await import('./commands/import.ts');
      finish(await guarded(terminal, options, () => importFile(terminal, file, options)));
    });
}

function addGrants(program: Command, terminal: Terminal, finish: Finish): void {
  program
    .command('grants')
    .description('see what plugins may do')
    .command('explain')
    .description('show, for each step, what is requested, what each layer allows, and what holds')
    .argument('<file>', 'the workflow file')
    .option('--step <job/step>', 'only this step')
    .option(
      '--call <call>',
      "whether it may make this call, as 'net GET https://example.com' or 'exec git fetch', and why",
    )
    .addOption(input())
    .addOption(policy())
    .addOption(approve())
    .addOption(json())
    .action(async (file: string, options) => {
      const { explainGrants } = await import('./commands/grants-explain.ts');
      finish(await guarded(terminal, options, () => explainGrants(terminal, file, options)));
    });
}

function addDoctor(program: Command, terminal: Terminal, finish: Finish): void {
  program
    .command('doctor')
    .description('exceed each limit for real on this machine, and say which hold')
    .addOption(policy())
    .addOption(state())
    .addOption(json())
    .action(async (options) => {
      const { doctor } = await import('./commands/doctor.ts');
      finish(await guarded(terminal, options, () => doctor(terminal, options)));
    });
}
