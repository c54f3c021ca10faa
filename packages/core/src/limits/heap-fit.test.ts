import { describe, expect, it } from 'vitest'
import { fitHeapMegabytes, fitThreadPool, heapWarning } from './heap-fit.ts'

const mebibyte = 1_048_576

describe('fitHeapMegabytes', () => {
  it.each([
    [128, 76],
    [255, 153],
    [256, 179],
    [1_024, 716],
    [1, 1],
  ])('gives a container of %i MiB an old generation of %i MiB', (container, heap) => {
    expect(fitHeapMegabytes(container * mebibyte)).toBe(heap)
  })
})

describe('fitThreadPool', () => {
  it.each([
    [0.1, 4],
    [1, 4],
    [1.5, 8],
    [4, 16],
    [64, 16],
  ])('gives %d cores %i threads', (limitCores, threads) => {
    expect(fitThreadPool(limitCores)).toBe(threads)
  })
})

describe('heapWarning', () => {
  it("names the flag when Node's own heap is larger than the container", () => {
    // What Node 20 to 24 choose in 256 MiB.
    expect(heapWarning(259 * mebibyte, 256 * mebibyte)).toContain('--max-old-space-size=179')
  })

  it.each([
    // Limits that V8 reported for heaps fitted by fitHeapMegabytes, Node 22 to 26.
    [95, 128],
    [185, 256],
    [370, 512],
    [764, 1_024],
  ])('says nothing of %i MiB in a container of %i MiB', (heap, container) => {
    expect(heapWarning(heap * mebibyte, container * mebibyte)).toBeUndefined()
  })

  it.each([
    // Both of them fit by --max-old-space-size; limits as V8 reports them for --max-semi-space-size=64 and 32.
    [345, 153, 256, 16],
    [249, 153, 256, 16],
    [371, 179, 256, 8],
    [288, 76, 128, 8],
  ])(
    'names the young generation when it alone is too large (%i MiB, old %i, container %i)',
    (heap, old, container, semiSpace) => {
      const warning = heapWarning(heap * mebibyte, container * mebibyte, old * mebibyte)
      expect(warning).toContain(`${heap - old} MiB of it in the young generation`)
      expect(warning).toContain(`--max-semi-space-size=${semiSpace}.`)
      expect(warning).not.toContain('--max-old-space-size')
      // Whoever follows it is not warned again.
      expect(
        heapWarning((old + 3 * semiSpace) * mebibyte, container * mebibyte, old * mebibyte),
      ).toBeUndefined()
    },
  )

  it('names the old generation when that does not fit either', () => {
    const warning = heapWarning(400 * mebibyte, 256 * mebibyte, 200 * mebibyte)
    expect(warning).toContain('--max-old-space-size=179')
    expect(warning).not.toContain('young')
  })

  it('holds both generations against the container: the kernel counts both', () => {
    expect(heapWarning(204 * mebibyte, 256 * mebibyte, 153 * mebibyte)).toBeUndefined()
    expect(heapWarning(206 * mebibyte, 256 * mebibyte, 153 * mebibyte)).toBeDefined()
  })

  it('says nothing without a limit', () => {
    expect(heapWarning(4_096 * mebibyte, undefined)).toBeUndefined()
  })
})
