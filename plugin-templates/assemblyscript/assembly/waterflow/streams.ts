// Where a program's input comes from, and its output goes.
import { Fields } from './fields';
import { Json } from './json';

// To the step's log, as by default.
export function log(): Json {
  return Json.of('log');
}

// To the plugin.
export function capture(): Json {
  return Json.of('capture');
}

// Nowhere.
export function discard(): Json {
  return Json.of('discard');
}

// From or to a file of the workspace, whose bytes never pass through the plugin.
export function file(path: string): Json {
  return Json.object().set('file', Json.of(path));
}

// An input's own text.
export function text(input: string): Json {
  return Json.of(input);
}

// How a program ended. The exit code is an answer, not a failure; `signal` is '' where none ended it.
export class Ended {
  exitCode: i32;
  signal: string;
  stdout: string;
  stderr: string;

  constructor(answer: Json) {
    this.exitCode = i32(answer.number('exit_code'));
    this.signal = answer.text('signal');
    this.stdout = answer.text('stdout');
    this.stderr = answer.text('stderr');
  }
}

// What programs elsewhere have: in a container, or on another machine.
export class Streams {
  // What it reads.
  stdin: Json | null = null;
  // Default log().
  stdout: Json | null = null;
  // Default log().
  stderr: Json | null = null;
  // Of each captured stream.
  maxBytes: f64 = 0;

  // What was set, with these fields.
  with(fields: Fields): Json {
    fields.value('stdin', this.stdin).value('stdout', this.stdout).value('stderr', this.stderr);
    return fields.number('max_bytes', this.maxBytes).json;
  }
}
