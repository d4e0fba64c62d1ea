import { describe, expect, test } from 'vitest';
import { needs } from '../../../e2e/require.ts';
import { syscallTable } from '../../supervisor/confinement/syscalls.ts';
import { execCapability } from '../exec.ts';
import { makeTestScope } from '../testing/call.ts';
import { programFilter } from './program-filter.ts';
import { anythingConfined, runTestExec } from './testing/run.ts';

const here = await needs('bwrap');
/** Types of sockets. */
const stream = 1;
const datagram = 2;
const numbers = syscallTable(process.arch)?.denied ?? {};

test.each(['x64', 'arm64'])(
  'the filter for %s is whole instructions that end in an answer, with jumps that stay inside',
  (arch) => {
    const bytes = Buffer.from(programFilter(arch) ?? []);
    const count = bytes.length / 8;
    expect(Number.isInteger(count) && count > 0).toBe(true);
    const targets = Array.from(
      { length: count },
      (_, index) => index + 1 + Math.max(bytes[index * 8 + 2] ?? 0, bytes[index * 8 + 3] ?? 0),
    );
    expect(targets.slice(0, -1).every((target) => target < count)).toBe(true);
    expect(bytes.readUInt16LE((count - 1) * 8)).toBe(0x06);
  },
);

test('an architecture that is not known has none', () => {
  expect(programFilter('mips')).toBeUndefined();
  expect(programFilter('constructor')).toBeUndefined();
});

/** Runs a Perl program in profile workspace; Debian's and most others' systems have Perl. */
async function perl(text: string): Promise<string> {
  await using scope = makeTestScope();
  const args = { command: 'perl', args: ['-e', text], stdout: 'capture', stderr: 'log' } as const;
  const answer = await runTestExec(execCapability, scope, { args, entry: anythingConfined });
  return `${answer.stdout}${scope.logged.stderr}`;
}

/** What the kernel says to a call, as the name of its error. */
function errorOf(name: string, ...args: readonly (number | string)[]): string {
  const list = [numbers[name], ...args.map((arg) => (typeof arg === 'string' ? `(my $t = "${arg}")` : arg))].join(', ');
  return `$! = 0; my $r_${name} = syscall(${list}); print "${name} ", ($r_${name} == -1 ? ($!{EPERM} ? "EPERM" : "$!") : "done"), "\\n";`;
}

describe.skipIf(!here)('a program in profile workspace', () => {
  test('has no key of the kernel, neither the agent’s nor one of its own', async () => {
    const found = await perl(
      `use Errno; ${errorOf('keyctl', 0, -3, 0)} ${errorOf('add_key', 'user', 'x', 'y', 1, -3)} ${errorOf('request_key', 'user', 'x', 0, 0)}`,
    );
    expect(found).toBe('keyctl EPERM\nadd_key EPERM\nrequest_key EPERM\n');
  });

  test('makes no part of the kernel work that it has no need of', async () => {
    const names = [
      'bpf',
      'perf_event_open',
      'userfaultfd',
      'io_uring_setup',
      'mount',
      'setns',
      'kexec_load',
      'init_module',
    ];
    const found = await perl(`use Errno; ${names.map((name) => errorOf(name, 0, 0, 0, 0, 0)).join(' ')}`);
    expect(found).toBe(names.map((name) => `${name} EPERM\n`).join(''));
  });

  test('makes sockets of families that its network namespace parts, and of no others', async () => {
    const families = {
      unix: 1,
      inet: 2,
      inet6: 10,
      netlink: 16,
      packet: 17,
      alg: 38,
      vsock: 40,
      xdp: 44,
      bluetooth: 31,
    };
    const text = Object.entries(families).map(
      ([name, family]) =>
        `print "${name} ", (socket(my $s${family}, ${family}, ${name === 'unix' || name.startsWith('inet') ? stream : datagram}, 0) ? "made" : $!{EAFNOSUPPORT} ? "refused" : "$!"), "\\n";`,
    );
    const found = await perl(`use Errno; ${text.join(' ')}`);
    const made = ['unix', 'inet', 'inet6', 'netlink'];
    expect(found).toBe(
      Object.keys(families)
        .map((name) => `${name} ${made.includes(name) ? 'made' : 'refused'}\n`)
        .join(''),
    );
  });

  test('starts processes and talks to them as ever', async () => {
    const text = 'my $p = fork; if (!$p) { exec "sh", "-c", "echo a | tr a b; exit 3" } waitpid $p, 0; print $? >> 8';
    expect(await perl(text)).toBe('b\n3');
  });
});
