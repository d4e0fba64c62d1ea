/** A member of a run in a concurrency group. */
export interface Place {
  readonly group: string;
  readonly member: string;
}
