/**
 * What a process needs in its environment to run this process's Node, where it starts with an empty one: the Linux archive brings the
 * C++ library for machines that have none, and its launcher says so by a variable of its own, since LD_LIBRARY_PATH may be anybody's.
 */
export function ownNodeEnvironment(environment: Readonly<Record<string, string | undefined>> = process.env): {
  readonly LD_LIBRARY_PATH?: string;
} {
  const folder = environment['WATERFLOW_NODE_LIBRARIES'];
  return folder === undefined ? {} : { LD_LIBRARY_PATH: folder };
}
