import type { ConfigValues, RefineFault } from '@keelson/config'
import type { HouseSchema } from './house-schema.ts'

/** Most lines of one message that a limit can be set to: that of `burstLimitCount` in `@keelson/log`. */
const maxBurstLimit = 1_000_000

/** Says which numbers of the log it would not take, so that the change that brings one is refused as a whole. */
export function logFaults({
  sampleRatio,
  burstLimit,
}: Pick<ConfigValues<HouseSchema>['log'], 'sampleRatio' | 'burstLimit'>): readonly RefineFault[] {
  const faults: RefineFault[] = []
  if (sampleRatio < 0 || sampleRatio > 1) {
    faults.push({ key: 'log.sampleRatio', problem: 'is not a number from 0 to 1' })
  }
  if (burstLimit > maxBurstLimit) {
    faults.push({ key: 'log.burstLimit', problem: `is not a whole number from 0 to ${maxBurstLimit}` })
  }
  return faults
}
