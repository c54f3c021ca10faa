import type { MemoryVitals } from './memory-vitals.ts'

/** Something comes near to its limit, or cannot work as it is set up. */
export interface LimitWarning {
  readonly subject: 'heap' | 'container'
  readonly usedBytes: number
  readonly limitBytes: number
  /** For people: how full, and what grew since the start. */
  readonly message: string
}

/** One look at memory. */
export interface PressureSample extends MemoryVitals {
  /** Where the kernel kills; `undefined` without a limit. */
  readonly containerLimitBytes: number | undefined
  /** What the container uses and cannot give back; `undefined` when unknown. */
  readonly workingSetBytes: number | undefined
}

/** Share of a limit at which a warning is due (facts: reliability §8.7). */
export const pressureShare: number = 0.8

/**
 * Makes a function that is given every look at memory, and answers with the warnings that are due: one for each of the
 * two limits in the life of the process. Growth is told since the first look.
 */
export function createPressureWatch(): (sample: PressureSample) => readonly LimitWarning[] {
  const warned = new Set<LimitWarning['subject']>()
  let first: PressureSample | undefined

  return (sample) => {
    first ??= sample
    const warnings: LimitWarning[] = []
    const check = (subject: LimitWarning['subject'], usedBytes: number, limitBytes: number | undefined) => {
      if (limitBytes === undefined || usedBytes < limitBytes * pressureShare || warned.has(subject)) return
      warned.add(subject)
      warnings.push({
        subject,
        usedBytes,
        limitBytes,
        message: `${subjectText[subject]} is ${Math.round((usedBytes / limitBytes) * 100)} % full (${mib(usedBytes)} of ${mib(limitBytes)} MiB). Since the start: ${growth(first ?? sample, sample)}.`,
      })
    }
    check('heap', sample.heapUsedBytes, sample.heapLimitBytes)
    check('container', usedOfContainer(sample), sample.containerLimitBytes)
    return warnings
  }
}

/** What counts against the limit of the container: the process's own memory, or more where others run beside it. */
export function usedOfContainer({
  rssBytes,
  workingSetBytes,
}: Pick<PressureSample, 'rssBytes' | 'workingSetBytes'>): number {
  return Math.max(rssBytes ?? 0, workingSetBytes ?? 0)
}

const subjectText = { heap: 'The heap', container: 'The memory of the container' } as const

function growth(from: PressureSample, to: PressureSample): string {
  const parts = [
    { name: 'heap', bytes: to.heapUsedBytes - from.heapUsedBytes },
    { name: 'buffers', bytes: to.externalBytes - from.externalBytes },
  ]
  if (from.rssBytes !== undefined && to.rssBytes !== undefined) {
    const inside = parts.reduce((sum, { bytes }) => sum + bytes, 0)
    parts.push({ name: 'other memory of the process', bytes: to.rssBytes - from.rssBytes - inside })
  }
  return parts
    .toSorted((a, b) => b.bytes - a.bytes)
    .map(({ name, bytes }) => `${name} ${bytes < 0 ? '−' : '+'}${mib(Math.abs(bytes))} MiB`)
    .join(', ')
}

function mib(bytes: number): number {
  return Math.round(bytes / 1_048_576)
}
