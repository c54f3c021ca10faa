import { describe, expect, it } from 'vitest'
import { EndpointScore } from './endpoint-score.ts'

describe('EndpointScore', () => {
  it('takes a higher latency at once and a lower one slowly', () => {
    const score = new EndpointScore(1_000)
    score.observe(0, 10)
    score.observe(10, 200)
    expect(score.latencyMs(10)).toBe(200)
    score.observe(110, 10)
    expect(score.latencyMs(110)).toBeGreaterThan(190)
    for (let at = 210; at < 60_000; at += 100) score.observe(at, 10)
    expect(score.latencyMs(60_000)).toBeLessThan(15)
  })

  it('forgets the latency of an endpoint that gets no calls, so that it is tried again', () => {
    const score = new EndpointScore(1_000)
    score.observe(0, 1_000)
    expect(score.latencyMs(10_000)).toBeCloseTo(1_000 / Math.E)
    expect(score.latencyMs(60_000)).toBeLessThan(3)
  })

  it('counts an endpoint that fails at once as slow as a time-out', () => {
    const score = new EndpointScore(1_000)
    for (let at = 0; at < 50; at++) {
      score.observe(at, 1)
      score.count(at, false)
    }
    expect(score.value(50, 0)).toBeGreaterThan(950)
  })

  it('forgives a stray failure within seconds', () => {
    const score = new EndpointScore(1_000)
    score.count(0, false)
    expect(score.value(0, 0)).toBeGreaterThan(200)
    expect(score.value(10_000, 0)).toBeLessThan(5)
  })

  it('grows with the calls in flight', () => {
    const score = new EndpointScore(1_000)
    score.observe(0, 9)
    expect(score.value(0, 3)).toBeCloseTo(4 * score.value(0, 0))
  })
})
