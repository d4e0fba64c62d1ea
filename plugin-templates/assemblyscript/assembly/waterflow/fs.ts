// Files of the workspace. Paths are relative to it and `/`-separated.
import { asText, asTexts, call } from './call';
import { Result } from './failure';
import { Fields } from './fields';
import { Json } from './json';

// A file's text.
export function read(path: string): Result<string> {
  return asText(pathOnly('read', path));
}

// A file's text; a failure where it is longer.
export function readAtMost(path: string, maxBytes: f64): Result<string> {
  return asText(call('fs', 'read', Json.object().set('path', Json.of(path)).set('max_bytes', Json.number(maxBytes))));
}

// A file's bytes, as base64.
export function readBase64(path: string): Result<string> {
  return asText(call('fs', 'read', Json.object().set('path', Json.of(path)).set('encoding', Json.of('base64'))));
}

// Writes a text file, and its parent folders; what was there is replaced at once.
export function write(path: string, content: string): Result<Json> {
  return call('fs', 'write', writing(path, content));
}

// Writes bytes that are given as base64.
export function writeBase64(path: string, content: string): Result<Json> {
  return call('fs', 'write', writing(path, content).set('encoding', Json.of('base64')));
}

// Writes behind what is there.
export function append(path: string, content: string): Result<Json> {
  return call('fs', 'write', writing(path, content).set('append', Json.flag(true)));
}

// Writes a program, whose bytes are given as base64.
export function writeExecutable(path: string, content: string): Result<Json> {
  const program = writing(path, content).set('encoding', Json.of('base64'));
  return call('fs', 'write', program.set('executable', Json.flag(true)));
}

// What is in a folder: a list of `name`, `type` (file, directory, symlink, other) and `bytes`.
export function list(path: string): Result<Json> {
  return pathOnly('list', path);
}

// What a path is: `type`, `bytes`, `modified_ms`; null where nothing is there.
export function stat(path: string): Result<Json> {
  return pathOnly('stat', path);
}

// Makes a folder, and its parents.
export function mkdir(path: string): Result<Json> {
  return pathOnly('mkdir', path);
}

// Removes a file, or a folder with all that is in it.
export function remove(path: string): Result<Json> {
  return pathOnly('remove', path);
}

// Copies a file or a folder.
export function copy(from: string, to: string): Result<Json> {
  return fromTo('copy', from, to);
}

// Moves a file or a folder.
export function move(from: string, to: string): Result<Json> {
  return fromTo('move', from, to);
}

// A file's SHA-256 in lower-case hex.
export function hash(path: string): Result<string> {
  return asText(pathOnly('hash', path));
}

// The files that match, sorted.
export function glob(pattern: string): Result<string[]> {
  return asTexts(call('fs', 'glob', Json.object().set('pattern', Json.of(pattern))));
}

// Makes an archive of a folder; the name of `to` says which (.tar, .tar.gz, .tar.zst). Gives `bytes`, `entries`, `sha256`.
export function pack(from: string, to: string): Result<Json> {
  return fromTo('pack', from, to);
}

// Unpacks an archive into a folder: all of it, or nothing. Gives `bytes` and `entries`.
export function unpack(from: string, to: string): Result<Json> {
  return fromTo('unpack', from, to);
}

// What of a folder goes into an archive, or of an archive is unpacked.
export class Part {
  // Of an archive that is made: 'tar', 'tar.gz' or 'tar.zst'; by its name where it is left out.
  format: string = '';
  // Patterns of paths in the folder.
  include: string[] = [];
  // What lies below an excluded folder is excluded.
  exclude: string[] = [];
  // Of an archive that is unpacked: names that fall away at the beginning of each path.
  strip: i32 = 0;
  // Of all files that are unpacked together; default 4 GiB.
  maxBytes: f64 = 0;
  // Default and most 100000.
  maxEntries: i32 = 0;

  with(fields: Fields): Json {
    fields.text('format', this.format).texts('include', this.include).texts('exclude', this.exclude);
    return fields.number('strip', this.strip).number('max_bytes', this.maxBytes).number('max_entries', this.maxEntries).json;
  }
}

// Makes an archive of a part of a folder, as pack() does.
export function packWith(from: string, to: string, part: Part): Result<Json> {
  return call('fs', 'pack', part.with(new Fields().text('from', from).text('to', to)));
}

// Unpacks a part of an archive, as unpack() does.
export function unpackWith(from: string, to: string, part: Part): Result<Json> {
  return call('fs', 'unpack', part.with(new Fields().text('from', from).text('to', to)));
}

function pathOnly(operation: string, path: string): Result<Json> {
  return call('fs', operation, Json.object().set('path', Json.of(path)));
}

function fromTo(operation: string, from: string, to: string): Result<Json> {
  return call('fs', operation, Json.object().set('from', Json.of(from)).set('to', Json.of(to)));
}

function writing(path: string, content: string): Json {
  return Json.object().set('path', Json.of(path)).set('content', Json.of(content));
}
