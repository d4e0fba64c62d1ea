// What a plugin in AssemblyScript needs of its host: inputs and outputs, host calls and their failures. It has no dependency.
import * as docker from './docker';
import * as exec from './exec';
import { Failure } from './failure';
import * as fs from './fs';
import { Json } from './json';
import * as mail from './mail';
import { readInput, setError, setOutput } from './memory';
import * as net from './net';
import * as ssh from './ssh';
import * as store from './store';
import * as streams from './streams';

export { call, Pending, post, submit } from './call';
export { Failure, Kind, Result } from './failure';
export { Json } from './json';
export { onAbort } from './memory';
export { clock, env, isCancelled, log, random, secrets, sleep, step } from './services';
export { docker, exec, fs, mail, net, ssh, store, streams };

// The inputs, an object.
export function inputs(): Json {
  return Json.parse(readInput());
}

// Ends the run with outputs: `return output(Json.object().set('count', Json.number(3)))`.
export function output(outputs: Json): i32 {
  setOutput(outputs.toString());
  return 0;
}

// Ends the run with an error: `return fail(message)`. Steps that run after a failure can read its outputs; the remedy says what to do.
export function fail(message: string, outputs: Json | null = null, remedy: string = ''): i32 {
  const details = Json.object().set('message', Json.of(message));
  if (outputs !== null) details.set('outputs', outputs);
  if (remedy.length > 0) details.set('remedy', Json.of(remedy));
  return failWith(details);
}

// Ends the run with the failure of a host call: `return end(failure)`. Where the call was denied, the step counts as denied.
export function end(failure: Failure): i32 {
  const details = Json.object().set('message', Json.of(failure.message));
  if (failure.call > 0) details.set('call', Json.number(failure.call));
  if (failure.remedy.length > 0) details.set('remedy', Json.of(failure.remedy));
  return failWith(details);
}

// The frame of docs/host-calls.md.
function failWith(details: Json): i32 {
  setError('{"v":1,"fail":"threw","details":' + details.toString() + '}');
  return 1;
}
