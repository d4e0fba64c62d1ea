import { statisticOf } from '../statistics.ts';
import type { ComparisonRecord, IdleName, IdleRecord } from './record.ts';

/** What Waterflow may take at most, whatever others take. */
export interface Limit {
  readonly what: string;
  readonly measured: number;
  readonly most: number;
  readonly unit: 'ms' | 'MB' | '%';
  readonly kept: boolean;
}

/** In ms, from the command to the first answer of `/readyz`. */
const startMs = { embedded: 2000, onTemporal: 5000 } as const;
/** In MB (10^6 bytes). */
const embeddedMegabytes = 130;
const aboveWorkerMegabytes = 60;
const growthPercent = 2;
/** Samples at either end whose middle is compared, since a collector leaves a saw-tooth. */
const window = 3;
const megabytesOfMebibyte = 1.048_576;

/** What came of each limit in the newest records. One that wasn't measured isn't there. */
export function limitsOf(comparison: ComparisonRecord | undefined, idle: IdleRecord | undefined): readonly Limit[] {
  return [
    ...(comparison === undefined ? [] : startLimits(comparison)),
    ...(idle === undefined ? [] : idleLimits(idle)),
  ];
}

function startLimits({ measured }: ComparisonRecord): readonly Limit[] {
  const ofContestant = (contestant: string, what: string, most: number): readonly Limit[] => {
    const samples = measured.find((one) => one.scenario === 'server-start' && one.contestant === contestant)?.samples;
    return samples === undefined ? [] : [limit(what, { measured: statisticOf(samples, 'p50'), most, unit: 'ms' })];
  };
  return [
    ...ofContestant('Waterflow', 'start of the server, embedded', startMs.embedded),
    ...ofContestant('Waterflow on Temporal', 'start of the server, on Temporal', startMs.onTemporal),
  ];
}

function idleLimits({ processes, seconds }: IdleRecord): readonly Limit[] {
  const samplesOf = (wanted: IdleName): readonly number[] =>
    processes.find(({ name }) => name === wanted)?.samples ?? [];
  const megabytes = (name: IdleName): number => statisticOf(samplesOf(name), 'p50') * megabytesOfMebibyte;
  const grown = (name: IdleName): number => {
    const samples = samplesOf(name);
    const middle = (some: readonly number[]): number => statisticOf(some, 'p50');
    return 100 * (middle(samples.slice(-window)) / middle(samples.slice(0, window)) - 1);
  };
  const minutes = Math.round(seconds / 60);
  return [
    limit(`embedded server, ${minutes} minutes with nothing to do, resident`, {
      measured: megabytes('embedded'),
      most: embeddedMegabytes,
      unit: 'MB',
    }),
    limit('its growth over that time', { measured: grown('embedded'), most: growthPercent, unit: '%' }),
    limit('server on Temporal, resident, above a bare workflow worker', {
      measured: megabytes('on-temporal') - megabytes('worker'),
      most: aboveWorkerMegabytes,
      unit: 'MB',
    }),
    limit('its growth over that time', { measured: grown('on-temporal'), most: growthPercent, unit: '%' }),
  ];
}

function limit(what: string, { measured, most, unit }: Pick<Limit, 'measured' | 'most' | 'unit'>): Limit {
  return { what, measured, most, unit, kept: measured <= most };
}
