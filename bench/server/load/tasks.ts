/** What a load generator is asked for, and what it answers. It is a process of its own, so that it doesn't wait for whoever reads. */

/** Where requests go. */
export interface Target {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** One request of those that are sent in turn. In `body`, `{n}` is the number of the request. */
export interface RequestKind {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly body?: string;
  readonly contentType?: string;
  readonly status: number;
}

/** So many requests a second, whatever becomes of those before. */
export interface OpenLoopTask extends Target {
  readonly kind: 'open-loop';
  readonly request: RequestKind;
  readonly perSecond: number;
  readonly count: number;
}

/** So many requests, of several kinds, `atOnce` of them at a time. A path with `{run}` is of the run that was submitted last, at first of `run`. */
export interface ClosedLoopTask extends Target {
  readonly kind: 'closed-loop';
  readonly requests: readonly RequestKind[];
  readonly run: string;
  readonly count: number;
  readonly atOnce: number;
}

/** So many followers of a stream of events, until it ends. */
export interface FollowTask extends Target {
  readonly kind: 'follow';
  readonly path: string;
  readonly followers: number;
}

/** Reads an answer to its end. */
export interface DownloadTask extends Target {
  readonly kind: 'download';
  readonly path: string;
}

export type LoadTask = OpenLoopTask | ClosedLoopTask | FollowTask | DownloadTask;

/** Milliseconds; of an open loop counted from when a request was to be sent, so that a server that stalls is blamed for all who wait. */
export interface Latencies {
  readonly latencies: readonly number[];
  /** Answers with another status than was expected, by status; 0 is none at all. */
  readonly unexpected: Readonly<Record<string, number>>;
  /** The time of a processor that the generator itself took, of all the time. */
  readonly busy: number;
}

/** Milliseconds from when a line was written, as it says itself, to when a follower had it. */
export interface Followed {
  /** The first line of each follower. */
  readonly first: readonly number[];
  /** Every line of every follower. */
  readonly all: readonly number[];
}

export interface Downloaded {
  readonly bytes: number;
  readonly milliseconds: number;
}

/** What each kind of task gives. */
export interface LoadResults {
  readonly 'open-loop': Latencies;
  readonly 'closed-loop': Latencies;
  readonly follow: Followed;
  readonly download: Downloaded;
}

/** A line by a generator to whoever waits for it. */
export type FromGenerator =
  | { readonly kind: 'ready' }
  /** All followers are connected. */
  | { readonly kind: 'connected' }
  | { readonly kind: 'done'; readonly count: number }
  | { readonly kind: 'result'; readonly result: LoadResults[LoadTask['kind']] };
