// In which way a host call failed.
export enum Kind {
  // It isn't granted: `rule` names the entry that decided, `remedy` says what would help.
  denied,
  // It was granted and went wrong: `code` says how, as NOT_FOUND or TIMEOUT.
  error,
  // It was given up because the step is being cancelled: clean up, and return.
  cancelled,
}

// Why a host call gave no value.
export class Failure {
  constructor(
    public kind: Kind,
    public code: string,
    public message: string,
    public rule: string = '',
    public remedy: string = '',
    // The number of the call.
    public call: f64 = 0,
  ) {}
}

// What a host call gave: a value, or the failure. There are no exceptions, so look at `failure` first.
export class Result<Value> {
  constructor(
    public value: Value,
    public failure: Failure | null = null,
  ) {}
}
