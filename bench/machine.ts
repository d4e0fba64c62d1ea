import { availableParallelism, cpus, loadavg, release, totalmem } from 'node:os';

/** What the figures were taken on. */
export function describeMachine(): string {
  const gibibytes = Math.round(totalmem() / 1024 ** 3);
  const processors = `${availableParallelism()} x ${cpus()[0]?.model ?? process.arch}`;
  return `${processors}, ${gibibytes} GiB, ${process.platform} ${release()}, Node ${process.version}`;
}

/** How busy the machine is with other work; a tail is often that. */
export function loadText(): string {
  const averages = loadavg().map((average) => average.toFixed(1));
  return `load average ${averages.join(' ')} on ${availableParallelism()} processors`;
}
