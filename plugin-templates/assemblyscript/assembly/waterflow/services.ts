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
