/** What to do about a reason for which a level isn't there. The reasons are ours, bubblewrap's and the kernel's. */
const fixes: readonly (readonly [RegExp, string])[] = [
  [/bubblewrap \(bwrap\) is not installed/, 'Install it: apt-get install bubblewrap, or dnf install bubblewrap.'],
  [/prlimit \(util-linux\) is not installed/, 'Install it: apt-get install util-linux.'],
  [/libraries of node could not be listed/, 'Run the agent on a Linux with glibc.'],
  [/no seccomp filter for this system/, 'Run the agent on Linux, x64 or arm64.'],
  [/need Linux/, 'Run the agent on Linux.'],
  [
    /new namespace|user namespace|uid map|Operation not permitted/i,
    'Allow user namespaces: sysctl user.max_user_namespaces=15000, kernel.unprivileged_userns_clone=1 (Debian), kernel.apparmor_restrict_unprivileged_userns=0 (Ubuntu). In a container: --security-opt seccomp=deploy/images/agent/seccomp.json --security-opt systempaths=unconfined, and apparmor=unconfined where AppArmor is on (docs/containers.md). In a chroot the kernel never allows them.',
  ],
  [
    /seccomp/i,
    'The kernel needs CONFIG_SECCOMP_FILTER; in a container the outer filter must allow seccomp(2) and prctl(2).',
  ],
];

/** Undefined where the reason says itself what to do. */
export function fixFor(reason: string): string | undefined {
  return fixes.find(([pattern]) => pattern.test(reason))?.[1];
}
