// Small values that outlive the run: the plugin's own in this tenant, seen by no other.
import { asFlag, call } from './call';
import { Result } from './failure';
import { Json } from './json';

// `value`, `version` and `expires_at`; null where nothing is there.
export function get(key: string): Result<Json> {
  return call('store', 'get', keyOnly(key));
}

// Sets a value of at most 64 KiB as JSON; gives its `version`.
export function set(key: string, value: Json): Result<Json> {
  return call('store', 'set', keyOnly(key).set('value', value));
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

// A page of the keys that begin with a prefix: `keys`, and `cursor` for the next page, null on the last. '' begins.
export function list(prefix: string, cursor: string = ''): Result<Json> {
  const args = Json.object().set('prefix', Json.of(prefix));
  return call('store', 'list', cursor.length == 0 ? args : args.set('cursor', Json.of(cursor)));
}

function keyOnly(key: string): Json {
  return Json.object().set('key', Json.of(key));
}
