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

  it('says nothing without a limit', () => {
    expect(heapWarning(4_096 * mebibyte, undefined)).toBeUndefined()
  })
})
