import { describe, expect, it } from 'vitest'
import { channel, subscribe, subscriberFailureCount } from './channels.ts'

const fact = { service: 's', dependency: 'd' }

describe('subscribe', () => {
  it('hands published facts over until it is ended', () => {
    const seen: unknown[] = []
    const unsubscribe = subscribe('keelson.dependency.declared', (payload) => seen.push(payload))
    channel('keelson.dependency.declared').publish(fact)
    unsubscribe()
    channel('keelson.dependency.declared').publish(fact)
    expect(seen).toEqual([fact])
    expect(channel('keelson.dependency.declared').hasSubscribers).toBe(false)
  })

  it('catches and counts what a subscriber throws, and serves the others', () => {
    const before = subscriberFailureCount('keelson.dependency.declared')
    const seen: unknown[] = []
    const first = subscribe('keelson.dependency.declared', () => {
      throw new Error('a metric is broken')
    })
    const second = subscribe('keelson.dependency.declared', (payload) => seen.push(payload))
    expect(() => channel('keelson.dependency.declared').publish(fact)).not.toThrow()
    expect(seen).toHaveLength(1)
    expect(subscriberFailureCount('keelson.dependency.declared')).toBe(before + 1)
    first()
    second()
  })
})
