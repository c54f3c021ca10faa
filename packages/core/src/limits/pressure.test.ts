import { describe, expect, it } from 'vitest'
import { createPressureWatch, type PressureSample } from './pressure.ts'

const mebibyte = 1_048_576

function sample(overrides: Partial<Record<keyof PressureSample, number>> = {}): PressureSample {
  return {
    heapUsedBytes: 20 * mebibyte,
    heapLimitBytes: 100 * mebibyte,
    externalBytes: 5 * mebibyte,
    rssBytes: 60 * mebibyte,
    containerLimitBytes: 200 * mebibyte,
    workingSetBytes: 70 * mebibyte,
    ...overrides,
  }
}

describe('createPressureWatch', () => {
  it('warns once at 80 % of the heap, and says what grew', () => {
    const watch = createPressureWatch()
    expect(watch(sample())).toEqual([])
    expect(watch(sample({ heapUsedBytes: 79 * mebibyte }))).toEqual([])
    const [warning, ...others] = watch(sample({ heapUsedBytes: 80 * mebibyte, rssBytes: 121 * mebibyte }))
    expect(others).toEqual([])
    expect(warning).toMatchObject({
      subject: 'heap',
      usedBytes: 80 * mebibyte,
      limitBytes: 100 * mebibyte,
      message:
        'The heap is 80 % full (80 of 100 MiB). Since the start: heap +60 MiB, other memory of the process +1 MiB, buffers +0 MiB.',
    })
    expect(watch(sample({ heapUsedBytes: 20 * mebibyte }))).toEqual([])
    expect(watch(sample({ heapUsedBytes: 90 * mebibyte }))).toEqual([])
  })

  it('warns at 80 % of the container, by the process or by all of it together', () => {
    const own = createPressureWatch()(sample({ rssBytes: 160 * mebibyte }))
    const together = createPressureWatch()(sample({ workingSetBytes: 170 * mebibyte }))
    expect(own).toMatchObject([{ subject: 'container', usedBytes: 160 * mebibyte }])
    expect(together).toMatchObject([{ subject: 'container', usedBytes: 170 * mebibyte }])
  })

  it('does without what cannot be read', () => {
    const bare = {
      ...sample(),
      rssBytes: undefined,
      workingSetBytes: undefined,
      containerLimitBytes: undefined,
    }
    const watch = createPressureWatch()
    expect(watch(bare)).toEqual([])
    expect(watch({ ...bare, heapUsedBytes: 90 * mebibyte })[0]?.message).toContain(
      'heap +70 MiB, buffers +0 MiB.',
    )
  })
})
