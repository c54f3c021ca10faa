import { channel } from '@keelson/core/channels'
import type { Criticality } from '@keelson/core/context'
import type { Refusal } from './refusal.ts'

/** What a door tells of its decisions, by channels. */
export interface AdmissionFacts {
  /** A request was refused. */
  refused(refusal: Refusal, criticality: Criticality | undefined): void
  /** A request was started after it had waited, in milliseconds. */
  started(waitMs: number): void
}

const shed = channel('keelson.admission.shed')
const waited = channel('keelson.admission.waited')

/** Makes the facts of one service. Publishes `keelson.admission.shed` and `keelson.admission.waited`. */
export function createAdmissionFacts(service: string): AdmissionFacts {
  return {
    refused({ reason }, criticality = 'default') {
      if (shed.hasSubscribers) shed.publish({ service, reason, criticality })
    },
    started(waitMs) {
      if (waited.hasSubscribers) waited.publish({ service, waitMs })
    },
  }
}
