// Small values that outlive the run: the plugin's own in this tenant, seen by no other.
import { asFlag, call } from './call';
import { Result } from './failure';
import { Fields } from './fields';
import { Json } from './json';

// `value`, `version` and `expires_at`; null where nothing is there.
export function get(key: string): Result<Json> {
  return call('store', 'get', keyOnly(key));
}

// Sets a value of at most 64 KiB as JSON; gives its `version`.
export function set(key: string, value: Json): Result<Json> {
  return call('store', 'set', keyOnly(key).set('value', value));
}

// Sets a value that is gone after some milliseconds, as set() does.
export function setFor(key: string, value: Json, ttl: f64): Result<Json> {
  return call('store', 'set', keyOnly(key).set('value', value).set('ttl_ms', Json.number(ttl)));
}

// Sets the value only if the one that is there has the expected version; 0 expects none. Gives `swapped` and `version`.
export function compareAndSet(key: string, expected: f64, value: Json): Result<Json> {
  const version = expected == 0 ? Json.none() : Json.number(expected);
  return call('store', 'compare_and_set', keyOnly(key).set('expected', version).set('value', value));
}

// Whether there was such a value.
export function remove(key: string): Result<bool> {
  return asFlag(call('store', 'delete', keyOnly(key)));
}

// Whether there was such a value in the expected version, which is gone then.
export function removeVersion(key: string, expected: f64): Result<bool> {
  return asFlag(call('store', 'delete', keyOnly(key).set('expected', Json.number(expected))));
}

// A page of the keys that begin with a prefix: `keys`, and `cursor` for the next page, null on the last. '' begins.
export function list(prefix: string, cursor: string = ''): Result<Json> {
  const args = Json.object().set('prefix', Json.of(prefix));
  return call('store', 'list', cursor.length == 0 ? args : args.set('cursor', Json.of(cursor)));
}

// What came of a folder that was to be kept. `saved` is false where the archive that was there stays. `evicted` counts archives that went
// because there was no more room, `notEvicted` says why not all went that had to.
export class Saved {
  saved: bool;
  bytes: f64;
  sha256: string;
  evicted: f64;
  notEvicted: string;

  constructor(answer: Json) {
    this.saved = answer.flag('saved');
    this.bytes = answer.number('bytes');
    this.sha256 = answer.text('sha256');
    this.evicted = answer.number('evicted');
    this.notEvicted = answer.text('not_evicted');
  }
}

// A folder of the workspace that is to be kept as an archive.
export class Folder {
  // Patterns of paths in the folder.
  include: string[] = [];
  // What lies below an excluded folder is excluded.
  exclude: string[] = [];
  // False: what is there under the key stays as it is.
  replace: bool = true;

  constructor(public from: string) {}
}

// Packs a folder of the workspace and keeps the archive under the key.
export function save(key: string, folder: Folder): Result<Saved> {
  const fields = new Fields().text('key', key).text('from', folder.from).texts('include', folder.include);
  fields.texts('exclude', folder.exclude).value('replace', Json.flag(folder.replace));
  const answer = call('store', 'save', fields.json);
  return new Result(new Saved(answer.value), answer.failure);
}

// What was unpacked. Where nothing was, `found` is false, and `damaged` true where there was an archive that had to be removed.
export class Loaded {
  found: bool;
  damaged: bool;
  entries: f64;
  bytes: f64;
  archiveBytes: f64;
  sha256: string;
  createdAt: string;

  constructor(answer: Json) {
    this.found = answer.flag('found');
    this.damaged = answer.flag('damaged');
    this.entries = answer.number('entries');
    this.bytes = answer.number('bytes');
    this.archiveBytes = answer.number('archive_bytes');
    this.sha256 = answer.text('sha256');
    this.createdAt = answer.text('created_at');
  }
}

// Unpacks what is kept under the key into a folder of the workspace: all of it, or nothing.
export function load(key: string, to: string): Result<Loaded> {
  const answer = call('store', 'load', keyOnly(key).set('to', Json.of(to)));
  return new Result(new Loaded(answer.value), answer.failure);
}

// An archive as saved() lists it; `createdAt` is RFC 3339.
export class Archive {
  key: string;
  bytes: f64;
  sha256: string;
  createdAt: string;

  constructor(archive: Json) {
    this.key = archive.text('key');
    this.bytes = archive.number('bytes');
    this.sha256 = archive.text('sha256');
    this.createdAt = archive.text('created_at');
  }
}

// The archives whose keys begin with a prefix, the newest first; 100 of them unless a limit is given.
export function saved(prefix: string = '', limit: i32 = 0): Result<Archive[]> {
  const answer = call('store', 'saved', new Fields().text('prefix', prefix).number('limit', limit).json);
  const items = answer.value.items();
  const archives = new Array<Archive>();
  for (let i = 0; i < items.length; i++) archives.push(new Archive(items[i]));
  return new Result(archives, answer.failure);
}

function keyOnly(key: string): Json {
  return Json.object().set('key', Json.of(key));
}
