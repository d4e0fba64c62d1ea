// Programs, which the agent runs.
import { call } from './call';
import { Result } from './failure';
import { Fields } from './fields';
import { Json } from './json';
import { capture as captured, Ended, Streams } from './streams';

// One program. What isn't set is left out.
export class Command extends Streams {
  // Texts, or streams.file() for the path of one of `files`.
  args: Json[] = [];
  // Within the workspace.
  cwd: string = '';
  // Added to the clean environment; values may hold placeholders of granted secrets.
  env: Map<string, string> = new Map<string, string>();
  // Adds the step's own environment, where the grant lets it.
  stepEnv: bool = false;
  // Files that are there as long as the program, by their names: each an object with `content`, `env`, `escape` and `read`.
  files: Json | null = null;
  // Gives it a docker socket, on which each request needs what the same call of docker needs.
  docker: bool = false;
  // How long it may take, in milliseconds.
  timeout: f64 = 0;
  // How long it may take where it is cancelled, after SIGINT before SIGTERM comes.
  interruptGrace: f64 = 0;
  // After that, before SIGKILL comes.
  terminateGrace: f64 = 0;

  constructor(public command: string) {
    super();
  }

  json(): Json {
    const fields = new Fields().text('command', this.command).items('args', this.args).text('cwd', this.cwd);
    fields.pairs('env', this.env).flag('step_env', this.stepEnv).value('files', this.files).flag('docker', this.docker);
    const graces = new Fields().number('interrupt_ms', this.interruptGrace).number('terminate_ms', this.terminateGrace);
    if (graces.json.names().length > 0) fields.value('graces', graces.json);
    return this.with(fields.number('timeout_ms', this.timeout));
  }
}

// How a program ended; `files` has the texts of those that were to be read, by their names.
export class Ran extends Ended {
  files: Json;

  constructor(answer: Json) {
    super(answer);
    this.files = answer.get('files');
  }
}

// Runs a program to its end.
export function run(command: Command): Result<Ran> {
  const answer = call('exec', 'run', command.json());
  return new Result(new Ran(answer.value), answer.failure);
}

// Runs a program and captures what it prints.
export function capture(program: string, args: string[]): Result<Ran> {
  const command = new Command(program);
  command.args = Json.texts(args).items();
  command.stdout = captured();
  command.stderr = captured();
  return run(command);
}
