import type { SupervisorPowers } from './powers.ts';

/** Resident memory of a process, in bytes. `anonymous` leaves out what is mapped from files: code pages that several share. */
export interface ProcessMemory {
  readonly resident: number;
  readonly anonymous: number;
}

/** Type of the page-size entry in a process's auxiliary vector (getauxval(3), AT_PAGESZ). */
const pageSizeType = 6n;
const usualPageBytes = 4096;

/** The kernel's page size: 4 KiB on x86_64, up to 64 KiB on arm64. */
export function readPageBytes(powers: Pick<SupervisorPowers, 'readText'>): number {
  const vector = Buffer.from(powers.readText('/proc/self/auxv') ?? '', 'latin1');
  for (let offset = 0; offset + 16 <= vector.byteLength; offset += 16) {
    if (vector.readBigUInt64LE(offset) === pageSizeType) return Number(vector.readBigUInt64LE(offset + 8));
  }
  return usualPageBytes;
}

/** Reads /proc/PID/statm (8 us; smaps would say more and cost a millisecond). Undefined where the process is gone. */
export function readMemory(
  powers: Pick<SupervisorPowers, 'readText'>,
  process: { readonly pid: number; readonly pageBytes: number },
): ProcessMemory | undefined {
  const fields = powers.readText(`/proc/${process.pid}/statm`)?.split(' ').map(Number);
  const [, resident, shared] = fields ?? [];
  if (resident === undefined || shared === undefined || !(resident > 0)) return undefined;
  return { resident: resident * process.pageBytes, anonymous: (resident - shared) * process.pageBytes };
}
