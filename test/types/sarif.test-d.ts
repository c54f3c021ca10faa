import type { Log } from 'sarif'
import { describe, expectTypeOf, it } from 'vitest'
import type { SarifLog } from '../../packages/cli/src/report/sarif.ts'

/** The specification's types without `readonly`, which they do not use. */
type Writable<T> = T extends object ? { -readonly [Key in keyof T]: Writable<T[Key]> } : T

describe('SarifLog', () => {
  it('is a log as the specification has it', () => {
    expectTypeOf<Writable<SarifLog>>().toExtend<Log>()
  })
})
