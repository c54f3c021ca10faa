import { describe, expect, it } from 'vitest'
import { AnswerSilence } from './answer-silence.ts'

const bounds = { samplingMs: 10_000, attemptTimeoutMs: 1_000 }

/** A dependency whose answers took so long, and that answers nobody any more. */
function silentSince(atMs: number, ...durationsMs: readonly number[]): AnswerSilence {
  const silence = new AnswerSilence()
  for (const durationMs of durationsMs) silence.learn(durationMs)
  for (let askedMs = atMs; askedMs <= atMs + 20_000; askedMs += 1_000)
    silence.begin(askedMs, bounds.samplingMs)
  return silence
}

const usual = Array.from({ length: 200 }, (_, index) => (index % 50 === 0 ? 100 : 20))

describe('AnswerSilence', () => {
  it('condemns after a whole window without an answer, not before', () => {
    const silence = silentSince(0, ...usual)
    expect(silence.condemns(9_999, 400, bounds)).toBe(false)
    expect(silence.condemns(10_000, 400, bounds)).toBe(true)
  })

  it('asks for twice of what 99 % of the answers took, and no less', () => {
    const silence = silentSince(0, ...usual)
    expect(silence.condemns(15_000, 199, bounds)).toBe(false)
    // At most a step of the scale more than what was measured.
    expect(silence.condemns(15_000, 2 * 100 * 1.19, bounds)).toBe(true)
  })

  it('asks for half of the limit where it does not know what is usual, and for ever where there is none', () => {
    const silence = silentSince(0, ...usual.slice(0, 31))
    expect(silence.condemns(15_000, 499, bounds)).toBe(false)
    expect(silence.condemns(15_000, 500, bounds)).toBe(true)
    expect(silence.condemns(15_000, 60_000, { ...bounds, attemptTimeoutMs: Infinity })).toBe(false)
  })

  it('begins anew with any answer', () => {
    const silence = silentSince(0, ...usual)
    silence.break()
    silence.begin(20_000, bounds.samplingMs)
    expect(silence.condemns(29_999, 400, bounds)).toBe(false)
    expect(silence.condemns(30_000, 400, bounds)).toBe(true)
  })

  it('takes a time in which nobody asked for no silence', () => {
    const silence = new AnswerSilence()
    silence.begin(0, bounds.samplingMs)
    silence.begin(3_600_000, bounds.samplingMs)
    expect(silence.condemns(3_600_400, 900, bounds)).toBe(false)
  })

  it('forgets what was usual long ago', () => {
    const silence = silentSince(0, ...Array.from({ length: 1_000 }, () => 400))
    for (let answer = 0; answer < 8_000; answer++) silence.learn(5)
    expect(silence.condemns(15_000, 50, bounds)).toBe(true)
  })
})
