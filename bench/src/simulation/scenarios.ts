import type { Phase, PhaseResult } from './call-graph.ts'
import type { Cold, ReplicaFault } from './simulated-replica.ts'

/** A course of events, and what keelson must make of it. */
export interface Scenario {
  readonly name: string
  readonly phases: readonly Phase[]
  /** The phase that the table shows. */
  readonly judgedPhase: number
  /** Whether the replicas bound their backlog. @defaultValue what the policy says: keelson's do */
  readonly admits?: boolean
  /** The policy that the bars are for. */
  readonly judged: string
  readonly bars: readonly ScenarioBar[]
}

/** One number that must hold for each seed. */
export interface ScenarioBar {
  readonly name: string
  readonly bar: string
  readonly of: (run: readonly PhaseResult[]) => number
  readonly holds: (value: number) => boolean
}

/** 60 % of what the replicas can do. */
const usual = 0.6

function phaseOf(run: readonly PhaseResult[], index: number): PhaseResult {
  const phase = run[index]
  if (phase === undefined) throw new RangeError(`There is no phase ${index}.`)
  return phase
}

const atLeast = (least: number) => (value: number) => value >= least
const atMost = (most: number) => (value: number) => value <= most

/** One replica of three is bad for 20 s; the first 2 s are a phase of their own. */
function oneBad(kind: ReplicaFault): Scenario {
  const fault = { kind, all: false }
  return {
    name: `one of three: ${kind}`,
    phases: [
      { durationMs: 10_000, load: usual },
      { durationMs: 2_000, load: usual, fault },
      { durationMs: 18_000, load: usual, fault },
      { durationMs: 10_000, load: usual },
    ],
    judgedPhase: 2,
    judged: 'keelson',
    bars: [
      { name: 'good', bar: '≥ 0.995', of: (run) => phaseOf(run, 2).goodput, holds: atLeast(0.995) },
      {
        name: 'requests per call',
        bar: '≤ 1.06',
        of: (run) => phaseOf(run, 2).amplification,
        holds: atMost(1.06),
      },
      { name: 'bad replica', bar: '≤ 0.05', of: (run) => phaseOf(run, 2).firstShare, holds: atMost(0.05) },
    ],
  }
}

/** All replicas are bad for 20 s. */
function allBad(kind: ReplicaFault): Scenario {
  const fault = { kind, all: true }
  return {
    name: `all: ${kind}`,
    phases: [
      { durationMs: 10_000, load: usual },
      { durationMs: 3_000, load: usual, fault },
      { durationMs: 17_000, load: usual, fault },
      { durationMs: 15_000, load: usual },
    ],
    judgedPhase: 2,
    judged: 'keelson',
    bars: [
      {
        name: 'requests per call, first 3 s',
        bar: '≤ 1.2',
        of: (run) => phaseOf(run, 1).amplification,
        holds: atMost(1.2),
      },
      {
        name: 'requests per call once open',
        bar: '≤ 0.5',
        of: (run) => phaseOf(run, 2).amplification,
        holds: atMost(0.5),
      },
      {
        name: 'recovered, ms',
        bar: '≤ 3000',
        of: (run) => phaseOf(run, 3).recoveredMs,
        holds: atMost(3_000),
      },
    ],
  }
}

/**
 * All replicas are lost for 10 s, and those that come back are not at once what they were.
 *
 * @param admits whether they bound their backlog, as services of keelson do
 */
function coldStart(name: string, cold: Cold, admits: boolean, bars: readonly ScenarioBar[] = []): Scenario {
  return {
    name: `back cold: ${name}${admits ? ', bounded backlog' : ''}`,
    phases: [
      { durationMs: 10_000, load: usual },
      { durationMs: 10_000, load: usual, fault: { kind: 'refused', all: true } },
      { durationMs: 15_000, load: usual, cold },
      { durationMs: 10_000, load: usual },
    ],
    judgedPhase: 2,
    admits,
    judged: 'keelson',
    bars,
  }
}

/** Replicas at a third of their capacity, which fall over when so many wait. 38 % are good without a ramp after 1.5 s at 10 (ten seeds). */
const frail: readonly (readonly [seconds: number, fallsAt: number, bars: readonly ScenarioBar[]])[] = [
  [1, 10, []],
  [
    1.5,
    10,
    [
      {
        name: 'good, 15 s from its return on',
        bar: '≥ 0.8',
        of: (run) => phaseOf(run, 2).goodput,
        holds: atLeast(0.8),
      },
    ],
  ],
  [1.5, 20, []],
  [2.5, 10, []],
  [2.5, 20, []],
]

/** Scenarios of issue 6, those that a model can judge. */
export const scenarios: readonly Scenario[] = [
  {
    name: 'healthy',
    phases: [
      { durationMs: 10_000, load: 0.5 },
      { durationMs: 40_000, load: 0.5 },
    ],
    judgedPhase: 1,
    judged: 'keelson, hedging',
    bars: [
      {
        name: 'requests per call, hedging',
        bar: '≤ 1.06',
        of: (run) => phaseOf(run, 1).amplification,
        holds: atMost(1.06),
      },
    ],
  },
  oneBad('refused'),
  oneBad('black hole'),
  oneBad('503'),
  oneBad('slow x20'),
  allBad('503'),
  allBad('black hole'),
  coldStart('a third for 2.5 s', { forMs: 2_500 }, true),
  coldStart('a third for 2.5 s', { forMs: 2_500 }, false),
  coldStart('empty cache', { forRequests: 100 }, true),
  ...frail.map(([seconds, fallsAt, bars]) =>
    coldStart(
      `a third for ${seconds} s, falls over at ${fallsAt}`,
      { forMs: 1_000 * seconds, fallsAt },
      false,
      bars,
    ),
  ),
  {
    name: 'overload',
    phases: [
      { durationMs: 10_000, load: usual },
      { durationMs: 20_000, load: 2 },
      { durationMs: 15_000, load: usual },
    ],
    judgedPhase: 1,
    judged: 'keelson',
    bars: [
      {
        name: 'good of what can be done',
        bar: '≥ 0.8',
        of: (run) => 2 * phaseOf(run, 1).goodput,
        holds: atLeast(0.8),
      },
      {
        name: 'recovered, ms',
        bar: '≤ 3000',
        of: (run) => phaseOf(run, 2).recoveredMs,
        holds: atMost(3_000),
      },
    ],
  },
  {
    name: 'burst',
    phases: [
      { durationMs: 10_000, load: usual },
      { durationMs: 3_000, load: 3 },
      { durationMs: 20_000, load: 0.75 },
    ],
    judgedPhase: 1,
    judged: 'keelson',
    bars: [
      {
        name: 'recovered, ms',
        bar: '≤ 3000',
        of: (run) => phaseOf(run, 2).recoveredMs,
        holds: atMost(3_000),
      },
    ],
  },
]
