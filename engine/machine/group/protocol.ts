/** What the machine of a concurrency group is told. A member is a run, or a job of one; its name is unique over all runs. */
export type GroupEvent =
  /** It asks for the group. With `cancel_in_progress` it ends the holder and all that wait before it. */
  | { readonly type: 'requested'; readonly member: string; readonly cancel_in_progress: boolean }
  /** It is done with the group, or asks for it no longer. */
  | { readonly type: 'left'; readonly member: string };

/** What the machine of a concurrency group asks of its driver. */
export type GroupCommand =
  /** The member holds the group now. */
  | { readonly type: 'grant'; readonly member: string }
  /** The member is to end, since `by` wants the group; it holds it, or its place among those that wait, until it leaves. */
  | { readonly type: 'supersede'; readonly member: string; readonly by: string };
