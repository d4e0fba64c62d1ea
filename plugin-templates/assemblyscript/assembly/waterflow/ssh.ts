// Commands and files on other machines. Paths there are from the root, or from the login's home folder.
import { call } from './call';
import { Result } from './failure';
import { Fields } from './fields';
import { Json } from './json';
import { Ended, Streams } from './streams';

// Where a call goes, and as whom where the entries leave that open. What isn't set is left out.
export class Host {
  // Default 22.
  port: i32 = 0;
  // The login's name.
  user: string = '';
  // A secret's placeholder to log in with, where the entries let it be used; so are the two that follow.
  key: string = '';
  // Of the key.
  passphrase: string = '';
  // In a key's place.
  password: string = '';
  // Of the whole call, in milliseconds; default a minute, half an hour to move files, none for exec().
  timeout: f64 = 0;

  constructor(public host: string) {}

  fields(): Fields {
    const fields = new Fields().text('host', this.host).number('port', this.port).text('user', this.user);
    fields.text('key', this.key).text('passphrase', this.passphrase).text('password', this.password);
    return fields.number('timeout_ms', this.timeout);
  }
}

// Runs a program on another machine. Each argument reaches it as it is: the agent quotes it for a POSIX shell.
export function exec(host: Host, command: string, args: string[], streams: Streams = new Streams()): Result<Ended> {
  const answer = call('ssh', 'exec', streams.with(host.fields().text('command', command).texts('args', args)));
  return new Result(new Ended(answer.value), answer.failure);
}

// How files are moved, one way or the other. What isn't set is left out.
export class Move {
  // Patterns of paths in the folder `from`.
  include: string[] = [];
  // What lies below an excluded folder is excluded.
  exclude: string[] = [];
  // Goes on with what an earlier call left.
  resume: bool = false;
  // Leaves files alone that are there already, by 'time' or by 'checksum'.
  compare: string = '';
  // A link in a folder: 'refuse' (default) or 'skip'.
  links: string = '';
  // Of all files together; default 1 GiB.
  maxBytes: f64 = 0;
  // Of an upload: permission bits of every file, instead of its own.
  mode: i32 = 0;
  // Of an upload: reads each file back before it gets its name; must be granted to read there.
  verify: bool = false;
  // Of a download: what the file must have.
  sha256: string = '';

  constructor(
    public from: string,
    public to: string,
  ) {}

  with(fields: Fields): Json {
    fields.text('from', this.from).text('to', this.to).texts('include', this.include).texts('exclude', this.exclude);
    fields.flag('resume', this.resume).text('compare', this.compare).text('links', this.links);
    fields.number('max_bytes', this.maxBytes).number('mode', this.mode).flag('verify', this.verify);
    return fields.text('sha256', this.sha256).json;
  }
}

// What was moved; `sha256` is the file's, or of a folder that of the lines which sha256sum prints for its files. `unchanged` counts
// files that were there already, where the call compares.
export class Moved {
  files: f64;
  bytes: f64;
  unchanged: f64;
  sha256: string;

  constructor(answer: Json) {
    this.files = answer.number('files');
    this.bytes = answer.number('bytes');
    this.unchanged = answer.number('unchanged');
    this.sha256 = answer.text('sha256');
  }
}

// Moves a file or a folder of the workspace to another machine.
export function upload(host: Host, move: Move): Result<Moved> {
  return moved('upload', host, move);
}

// Moves a file or a folder of another machine into the workspace.
export function download(host: Host, move: Move): Result<Moved> {
  return moved('download', host, move);
}

function moved(operation: string, host: Host, move: Move): Result<Moved> {
  const answer = call('ssh', operation, move.with(host.fields()));
  return new Result(new Moved(answer.value), answer.failure);
}

// What lies at a path of another machine; a link is never followed. `name` is '' where the path was given, `mode` the permission bits.
export class Entry {
  name: string;
  type: string;
  bytes: f64;
  mode: i32;
  modified: f64;

  constructor(entry: Json) {
    this.name = entry.text('name');
    this.type = entry.text('type');
    this.bytes = entry.number('bytes');
    this.mode = i32(entry.number('mode'));
    this.modified = entry.number('modified_ms');
  }
}

// What is in a folder of another machine.
export function list(host: Host, path: string): Result<Entry[]> {
  const answer = onPath('list', host, path);
  const items = answer.value.items();
  const entries = new Array<Entry>();
  for (let i = 0; i < items.length; i++) entries.push(new Entry(items[i]));
  return new Result(entries, answer.failure);
}

// What a path of another machine is; null where nothing is there.
export function stat(host: Host, path: string): Result<Entry | null> {
  const answer = onPath('stat', host, path);
  const entry: Entry | null = answer.value.isNone() ? null : new Entry(answer.value);
  return new Result<Entry | null>(entry, answer.failure);
}

// Makes a folder on another machine.
export function mkdir(host: Host, path: string): Result<Json> {
  return onPath('mkdir', host, path);
}

// Removes a file of another machine, or a folder with all that is in it.
export function remove(host: Host, path: string): Result<Json> {
  return onPath('remove', host, path);
}

// Renames what lies on another machine.
export function rename(host: Host, from: string, to: string): Result<Json> {
  return call('ssh', 'rename', host.fields().text('from', from).text('to', to).json);
}

function onPath(operation: string, host: Host, path: string): Result<Json> {
  return call('ssh', operation, host.fields().text('path', path).json);
}
