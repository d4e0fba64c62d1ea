/** What a checkpoint's signature covers: by `previous`, every line before it, and by the run, no other log. */
export function checkpointText(checkpoint: {
  readonly run: string;
  readonly sequence: number;
  readonly previous: string;
}): string {
  return `waterflow audit checkpoint 1\n${checkpoint.run}\n${checkpoint.sequence}\n${checkpoint.previous}\n`;
}
