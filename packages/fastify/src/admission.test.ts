import { createFakeClock } from '@keelson/testing'
import type { InboundRequest } from '@keelson/core/http'
import { describe, expect, it } from 'vitest'
import { createAdmission } from './admission.ts'

const clock = createFakeClock(1_000_000)

function inbound(facts: Partial<InboundRequest> = {}): InboundRequest {
  return { deadline: undefined, criticality: undefined, ...facts } as InboundRequest // the two facts that it reads
}

describe('createAdmission', () => {
  it('lets everything in when nothing is bounded', () => {
    expect(createAdmission({ clock }).admit(inbound(), 1_000_000)).toBeUndefined()
  })

  it('refuses a request whose caller has given up', () => {
    const admission = createAdmission({ clock })
    expect(admission.admit(inbound({ deadline: 1_000_000 }), 0)).toMatchObject({ reason: 'deadline' })
    expect(admission.admit(inbound({ deadline: 1_000_001 }), 0)).toBeUndefined()
  })

  it('refuses beyond the bound, sheddable requests at half of it, critical ones half above it', () => {
    const admission = createAdmission({ clock, maxConcurrent: 10 })
    expect(admission.admit(inbound(), 9)).toBeUndefined()
    expect(admission.admit(inbound(), 10)).toMatchObject({ reason: 'limit', retryAfterSeconds: 1 })
    expect(admission.admit(inbound({ criticality: 'sheddable' }), 4)).toBeUndefined()
    expect(admission.admit(inbound({ criticality: 'sheddable' }), 5)).toMatchObject({ reason: 'limit' })
    expect(admission.admit(inbound({ criticality: 'critical' }), 14)).toBeUndefined()
    expect(admission.admit(inbound({ criticality: 'critical' }), 15)).toMatchObject({ reason: 'limit' })
  })

  it.each([{ maxConcurrent: 0 }, { maxConcurrent: 1.5 }, { limit: 1 }])(
    'refuses the options %j',
    (options) => {
      expect(() => createAdmission(options)).toThrow(
        expect.objectContaining({ code: 'KEELSON_ADMISSION_OPTIONS_INVALID' }),
      )
    },
  )
})
