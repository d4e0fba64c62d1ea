import { Failure, Kind, Result } from './failure';
import { textsOf } from './fields';
import { Json, quote } from './json';
import { exchange } from './memory';

// Makes a host call and waits for its answer.
export function call(capability: string, operation: string, args: Json): Result<Json> {
  return resultOf(Json.parse(exchange(frame('call', capability, operation, args))));
}

// Starts a host call and doesn't wait: several that are submitted run at the same time.
export function submit(capability: string, operation: string, args: Json): Pending {
  return new Pending(Json.parse(exchange(frame('submit', capability, operation, args))));
}

// Makes a host call whose answer nobody waits for, as of a line of the log.
export function post(capability: string, operation: string, args: Json): void {
  exchange(frame('post', capability, operation, args));
}

// Answers that came while another was waited for.
const early = new Array<Json>();

// A call that was submitted.
export class Pending {
  constructor(private submitted: Json) {}

  // Blocks until the call is answered; once for each call. Answers to others that come first are kept for them.
  wait(): Result<Json> {
    if (!this.submitted.has('id')) return resultOf(this.submitted);
    const id = this.submitted.number('id');
    for (;;) {
      for (let i = 0; i < early.length; i++) {
        if (early[i].number('id') == id) return resultOf(early.splice(i, 1)[0]);
      }
      const answer = Json.parse(exchange('{"v":1,"do":"wait"}'));
      if (!answer.has('id')) return resultOf(answer);
      early.push(answer);
    }
  }
}

function frame(verb: string, capability: string, operation: string, args: Json): string {
  const call = '{"v":1,"do":"' + verb + '","capability":' + quote(capability) + ',"operation":' + quote(operation);
  return call + ',"args":' + args.toString() + '}';
}

function resultOf(answer: Json): Result<Json> {
  if (answer.flag('cancelled')) {
    return new Result(Json.none(), new Failure(Kind.cancelled, 'CANCELLED', 'the step is being cancelled'));
  }
  if (answer.has('denied')) return failed(Kind.denied, answer.get('denied'), answer.number('id'));
  if (answer.has('error')) return failed(Kind.error, answer.get('error'), answer.number('id'));
  return new Result(answer.get('ok'));
}

function failed(kind: Kind, reason: Json, call: f64): Result<Json> {
  const said = new Failure(kind, reason.text('code'), reason.text('message'), reason.text('rule'), reason.text('remedy'));
  said.call = call;
  return new Result(Json.none(), said);
}

// The same result, its value read as what the operation gives.
export function asText(result: Result<Json>): Result<string> {
  return new Result(result.value.asText(), result.failure);
}

export function asFlag(result: Result<Json>): Result<bool> {
  return new Result(result.value.asFlag(), result.failure);
}

export function asNumber(result: Result<Json>): Result<f64> {
  return new Result(result.value.asNumber(), result.failure);
}

export function asTexts(result: Result<Json>): Result<string[]> {
  return new Result(textsOf(result.value), result.failure);
}
