import { statisticOf } from '../statistics.ts';
import { type Bound, boundOf, ours } from './bounds.ts';
import type { ComparisonRecord, Measured } from './record.ts';
import { type Scenario, scenarios } from './scenarios.ts';

/** Waterflow beside one peer in one scenario of one run. */
export interface Comparison {
  readonly scenario: Scenario;
  /** Which of the ways to run Waterflow. */
  readonly contestant: string;
  readonly peer: string;
  /** The medians, in the scenario's unit. */
  readonly median: number;
  readonly peerMedian: number;
  /** What Waterflow costs, as a multiple of what the peer does: above 1 the peer wins. */
  readonly ratio: number;
  /** The least and the most of the ratios of single rounds. */
  readonly range: readonly [number, number];
  readonly bound: Bound;
  readonly outcome: Outcome;
}

/** `exceeded`: the peer wins by more than the bound that is written for it. */
export type Outcome = 'won' | 'lost' | 'exceeded';

/** All comparisons of a record: those that a peer wins first, the worst of them first; then the others in the order of the scenarios. */
export function comparisonsOf(record: Pick<ComparisonRecord, 'measured'>): readonly Comparison[] {
  const found = scenarios.flatMap((scenario) => ofScenario(scenario, record.measured));
  const lost = found.filter(({ outcome }) => outcome !== 'won');
  return [
    ...lost.toSorted((left, right) => right.ratio - left.ratio),
    ...found.filter(({ outcome }) => outcome === 'won'),
  ];
}

/** 1 where a peer wins by more than its bound, else 0. */
export function exitCodeOf(comparisons: readonly Pick<Comparison, 'outcome'>[]): 0 | 1 {
  return comparisons.some(({ outcome }) => outcome === 'exceeded') ? 1 : 0;
}

function ofScenario(scenario: Scenario, measured: readonly Measured[]): readonly Comparison[] {
  const here = measured.filter((one) => one.scenario === scenario.name);
  const own = here.filter(({ contestant }) => ours.includes(contestant));
  const peers = here.filter(({ contestant }) => !ours.includes(contestant));
  return own.flatMap((one) =>
    peers.flatMap((peer) => {
      const bound = boundOf(scenario.name, one.contestant, peer.contestant);
      return bound === undefined ? [] : [compare(scenario, one, { ...peer, bound })];
    }),
  );
}

function compare(scenario: Scenario, own: Measured, peer: Measured & { readonly bound: Bound }): Comparison {
  const [median, peerMedian] = [statisticOf(own.samples, 'p50'), statisticOf(peer.samples, 'p50')];
  const cost = (mine: number, theirs: number): number => (scenario.better === 'lower' ? mine / theirs : theirs / mine);
  const rounds = own.samples.flatMap((sample, round) => {
    const theirs = peer.samples[round];
    return theirs === undefined ? [] : [cost(sample, theirs)];
  });
  const ratio = cost(median, peerMedian);
  // A ratio that is no number (a sample is missing) keeps no bound.
  const outcome = ratio <= 1 ? 'won' : ratio <= peer.bound.most ? 'lost' : 'exceeded';
  return {
    scenario,
    contestant: own.contestant,
    peer: peer.contestant,
    median,
    peerMedian,
    ratio,
    range: [statisticOf(rounds, 'min'), statisticOf(rounds, 'max')],
    bound: peer.bound,
    outcome,
  };
}
