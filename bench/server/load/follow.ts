import { Agent, get } from 'node:http';
import type { Followed, FollowTask } from './tasks.ts';

/** A line that says when it was written, in seconds since the epoch, as bash's EPOCHREALTIME. */
const written = /written=(?<seconds>\d+\.\d+)/gu;
/** A timestamp may be cut by a chunk's end. */
const longestStamp = 40;

/** Follows a stream many times at once; each follower counts for itself. */
export async function follow(task: FollowTask, connected: () => void): Promise<Followed> {
  const agent = new Agent({ maxSockets: Number.POSITIVE_INFINITY });
  const [first, all]: [number[], number[]] = [[], []];
  let open = 0;
  const opened = (): void => {
    open += 1;
    if (open === task.followers) connected();
  };
  const followers = Array.from({ length: task.followers }, () => followOnce(task, { agent, opened, first, all }));
  await Promise.all(followers);
  agent.destroy();
  return { first, all };
}

function followOnce(
  { url, path, headers }: FollowTask,
  {
    agent,
    opened,
    first,
    all,
  }: { readonly agent: Agent; readonly opened: () => void; readonly first: number[]; readonly all: number[] },
): Promise<void> {
  const target = new URL(path, url);
  return new Promise((resolve, reject) => {
    const asked = get(target, { agent, headers: { ...headers, accept: 'text/event-stream' } }, (response) => {
      if (response.statusCode !== 200) return reject(new Error(`${path}: status ${response.statusCode}`));
      opened();
      response.setEncoding('latin1');
      let [rest, seen] = ['', 0];
      response.on('data', (chunk: string) => {
        const now = Date.now();
        const text = rest + chunk;
        let end = 0;
        for (const match of text.matchAll(written)) {
          // One at the very end may go on.
          if (match.index + match[0].length === text.length) break;
          end = match.index + match[0].length;
          const late = now - Number(match.groups?.['seconds']) * 1000;
          if (seen === 0) first.push(late);
          all.push(late);
          seen += 1;
        }
        rest = text.slice(Math.max(end, text.length - longestStamp));
      });
      response.on('end', resolve);
      response.on('error', reject);
    });
    asked.on('error', reject);
  });
}
