import { asFlag, asNumber, asText, asTexts, call, post } from './call';
import { Result } from './failure';
import { Json } from './json';

// Writes a line to the step's log.
export function log(text: string): void {
  post('log', 'write', Json.object().set('text', Json.of(text)));
}

// Waits, at most a day; a failure of kind `cancelled` ends it where the step is cancelled.
export function sleep(milliseconds: f64): Result<Json> {
  return call('sleep', 'for', Json.object().set('ms', Json.number(milliseconds)));
}

// Whether the step is being cancelled.
export function isCancelled(): Result<bool> {
  return asFlag(call('signal', 'cancelled', Json.object()));
}

export namespace clock {
  // Milliseconds since the epoch, by the agent's clock. A module has no other.
  export function now(): Result<f64> {
    return asNumber(call('clock', 'now', Json.object()));
  }
}

export namespace random {
  // Random bytes as base64, at most 65536 of them.
  export function base64(length: i32): Result<string> {
    return asText(call('random', 'bytes', Json.object().set('length', Json.number(length))));
  }

  // A random UUID (version 4).
  export function uuid(): Result<string> {
    return asText(call('random', 'uuid', Json.object()));
  }
}

export namespace step {
  // Which step this is: `run`, `run_attempt`, `job`, `step`, `attempt`, `workflow`.
  export function info(): Result<Json> {
    return call('step', 'info', Json.object());
  }
}

export namespace net {
  // One HTTP request, with the arguments of net.request; gives `status`, `headers`, `body`... A status that is no success is an answer.
  export function request(request: Json): Result<Json> {
    return call('net', 'request', request);
  }

  // The answer to GET.
  export function get(url: string): Result<Json> {
    return request(Json.object().set('url', Json.of(url)));
  }
}

export namespace exec {
  // Runs a program to its end, with the arguments of exec.run; gives `exit_code`, `stdout`... The exit code is an answer.
  export function run(command: Json): Result<Json> {
    return call('exec', 'run', command);
  }

  // Runs a program and captures what it prints.
  export function capture(command: string, args: string[]): Result<Json> {
    const captured = Json.object().set('command', Json.of(command)).set('args', Json.texts(args));
    return run(captured.set('stdout', Json.of('capture')).set('stderr', Json.of('capture')));
  }
}

export namespace secrets {
  // The secret's placeholder: the agent puts the value in its place where a permission lets it go, and nowhere else.
  export function get(name: string): Result<string> {
    return asText(call('secrets', 'get', Json.object().set('name', Json.of(name))));
  }
}

export namespace env {
  // Sets variables of the job's later steps, an object of texts; gives the names that each step has a value of its own for.
  export function set(variables: Json): Result<string[]> {
    const answer = call('env', 'set', Json.object().set('variables', variables));
    return asTexts(new Result(answer.value.get('kept_back'), answer.failure));
  }

  // Puts folders before PATH of the job's later steps.
  export function addPath(folders: string[]): Result<Json> {
    return call('env', 'add_path', Json.object().set('folders', Json.texts(folders)));
  }
}
