import { describe, expect, it } from 'vitest'
import { createMemoryGuard, type MemoryGuardOptions, type MemoryLook } from './memory-guard.ts'

const mebibyte = 1_048_576
const oldSpaceLimitBytes = 100 * mebibyte

/** A process of a second a look; each look may follow a collection. */
function live(options: MemoryGuardOptions) {
  const guard = createMemoryGuard(0, { random: () => 0, restartAgeMs: 0, ...options })
  let nowMs = 0
  let collectionCount = 0
  let collectedBytes: number | undefined
  const look = (given: Partial<MemoryLook> = {}) => {
    nowMs += 1_000
    return guard(nowMs, {
      oldSpaceLimitBytes,
      collectedBytes,
      collectionCount,
      rssBytes: 50 * mebibyte,
      workingSetBytes: undefined,
      containerLimitBytes: undefined,
      ...given,
    })?.action
  }
  return {
    look,
    /** Looks after a major collection that has left so many MiB. */
    collect: (mebibytes: number) => {
      collectionCount++
      collectedBytes = mebibytes * mebibyte
      return look()
    },
    pass: (ms: number) => {
      nowMs += ms
    },
  }
}

describe('createMemoryGuard', () => {
  it('does nothing unless asked to', () => {
    const { collect, look } = live({})
    expect([collect(99), collect(99), collect(99)]).toEqual([undefined, undefined, undefined])
    for (let count = 0; count < 10; count++) {
      expect(look({ rssBytes: 99 * mebibyte, containerLimitBytes: 100 * mebibyte })).toBeUndefined()
    }
  })

  it('asks for a snapshot after two collections in a row that leave too much, and not again for a while', () => {
    const { collect, look, pass } = live({ snapshotRatio: 0.5, snapshotIntervalMs: 60_000 })
    expect([collect(60), collect(40), collect(60)]).toEqual([undefined, undefined, undefined])
    expect(collect(60)).toBe('snapshot')
    expect([collect(70), collect(70), look()]).toEqual([undefined, undefined, undefined])
    pass(60_000)
    expect(look()).toBe('snapshot')
  })

  it('counts a collection once, however often it is looked at', () => {
    const { collect, look } = live({ snapshotRatio: 0.5 })
    expect([collect(60), look(), look(), look()]).toEqual([undefined, undefined, undefined, undefined])
  })

  it('asks for a restart once', () => {
    const { collect } = live({ restartRatio: 0.8 })
    expect([collect(79), collect(79)]).toEqual([undefined, undefined])
    expect([collect(80), collect(80), collect(90), collect(95)]).toEqual([
      undefined,
      'restart',
      undefined,
      undefined,
    ])
  })

  it('takes the snapshot before the restart when both are due', () => {
    const { collect, look } = live({ snapshotRatio: 0.5, restartRatio: 0.8 })
    expect([collect(85), collect(85), look()]).toEqual([undefined, 'snapshot', 'restart'])
  })

  it('asks for a restart when the container is full for five looks in a row, whatever fills it', () => {
    const { look } = live({ restartRatio: 0.9 })
    const full = { rssBytes: 92 * mebibyte, containerLimitBytes: 100 * mebibyte }
    expect([look(full), look(full), look(full), look(full), look(), look(full)]).not.toContain('restart')
    expect([look(full), look(full), look(full), look(full)].at(-1)).toBe('restart')
  })

  it('leaves a young process alone', () => {
    const { collect, look, pass } = live({ restartRatio: 0.8, restartAgeMs: 600_000 })
    expect([collect(90), collect(90), look()]).toEqual([undefined, undefined, undefined])
    pass(600_000)
    expect(look()).toBe('restart')
  })

  it('spreads the restarts of replicas over a tenth of the ratio', () => {
    const early = live({ restartRatio: 0.8, random: () => 1 })
    expect([early.collect(73), early.collect(73)]).toEqual([undefined, 'restart'])
  })

  it.each([{ snapshotRatio: 1.5 }, { restartRatio: -1 }, { snapshotIntervalMs: Number.NaN }])(
    'refuses %o',
    (options) => {
      expect(() => createMemoryGuard(0, options)).toThrow(
        expect.objectContaining({ code: 'KEELSON_LIFECYCLE_OPTIONS_INVALID' }),
      )
    },
  )
})
