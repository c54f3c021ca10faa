import { describe, expect, it } from 'vitest'
import { fieldsOf, messageOf, readLogEntry } from './log-entry.ts'
import { createLogStore, type LogFilter } from './log-store.ts'

const gelf = (fields: object) => JSON.stringify({ version: '1.1', host: 'h', level: 6, ...fields })

describe('readLogEntry', () => {
  it('takes time, level and request id from a line of GELF', () => {
    const row = gelf({ timestamp: 12.5, level: 4, short_message: 'slow', _request_id: 'abc-1' })
    expect(readLogEntry(1, 'catalog', 'stdout', row, 99)).toEqual({
      seq: 1,
      service: 'catalog',
      atMs: 12_500,
      level: 4,
      requestId: 'abc-1',
      raw: row,
      isGelf: true,
    })
  })

  it.each(['Listening', '{"a":1}', '{broken', 'null', '[1]'])('keeps %s as it is', (row) => {
    expect(readLogEntry(1, 's', 'stdout', row, 99)).toMatchObject({
      raw: row,
      atMs: 99,
      level: 6,
      isGelf: false,
    })
    expect(readLogEntry(1, 's', 'stderr', row, 99).level).toBe(3)
  })

  it('survives fields of other types', () => {
    const row = gelf({ short_message: 'm', timestamp: 'x', level: 'high', _request_id: 7 })
    expect(readLogEntry(1, 's', 'stdout', row, 99)).toMatchObject({
      atMs: 99,
      level: 6,
      requestId: undefined,
    })
  })

  it('cuts a line that is too long', () => {
    expect(readLogEntry(1, 's', 'stdout', 'x'.repeat(1_000_000), 99).raw).toHaveLength(16_000)
    const long = readLogEntry(2, 's', 'stdout', gelf({ short_message: 'y'.repeat(50_000) }), 99)
    expect(long.raw).toHaveLength(16_000)
    expect(messageOf(long)).toBe(long.raw)
    expect(fieldsOf(long)).toEqual([])
  })
})

describe('fieldsOf', () => {
  it('names additional fields without their underscore', () => {
    const entry = readLogEntry(1, 's', 'stdout', gelf({ short_message: 'm', _status: 200, _route: '/a' }), 0)
    expect(fieldsOf(entry)).toEqual([
      { name: 'host', value: 'h' },
      { name: 'status', value: 200 },
      { name: 'route', value: '/a' },
    ])
  })
})

describe('createLogStore', () => {
  const rows: readonly (readonly [string, object])[] = [
    ['catalog', { short_message: 'found "it"', _request_id: 'abc-1' }],
    ['delivery', { short_message: 'served', _request_id: 'abc-1', level: 4 }],
    ['delivery', { short_message: 'other', _request_id: 'abc-2', _note: 'Zebra' }],
    ['catalog', { short_message: 'failed', level: 3 }],
  ]
  const filled = (options = {}) => {
    const store = createLogStore(options)
    for (const [index, [service, fields]] of rows.entries()) {
      store.add(readLogEntry(index + 1, service, 'stdout', gelf(fields), 0))
    }
    return store
  }

  it.each<[LogFilter, number[]]>([
    [{}, [1, 2, 3, 4]],
    [{ requestId: 'abc-1' }, [1, 2]],
    [{ requestId: 'abc' }, [1, 2, 3]],
    [{ requestId: 'bc' }, []],
    [{ level: 4 }, [2, 4]],
    [{ service: 'delivery' }, [2, 3]],
    [{ text: 'zebra' }, [3]],
    [{ text: '"IT"' }, [1]],
    [{ requestId: 'abc', service: 'delivery', level: 4 }, [2]],
  ])('finds with %j the lines %j', (filter, expected) => {
    const found = filled().last(filter, 10)
    expect(found.map(({ seq }) => seq)).toEqual(expected)
  })

  it('gives the newest lines, oldest first', () => {
    expect(
      filled()
        .last({}, 2)
        .map(({ seq }) => seq),
    ).toEqual([3, 4])
  })

  it('forgets the oldest lines beyond its number', () => {
    const store = filled({ maxLines: 3 })
    expect(store.count).toBe(3)
    expect(store.total).toBe(4)
    expect(store.find(1)).toBeUndefined()
    expect(store.find(2)?.service).toBe('delivery')
    expect(store.last({}, 10)).toHaveLength(3)
  })

  it('forgets the oldest lines beyond its size, however few they are', () => {
    const store = createLogStore({ maxLines: 1_000, maxBytes: 10_000 })
    for (let seq = 1; seq <= 100; seq += 1) {
      store.add(readLogEntry(seq, 's', 'stdout', 'x'.repeat(4_000), 0))
    }
    expect(store.count).toBe(2)
    expect(store.find(100)).toBeDefined()
  })

  it('tells every line until the listener has left', () => {
    const store = createLogStore()
    const seen: number[] = []
    const leave = store.subscribe(({ seq }) => seen.push(seq))
    store.add(readLogEntry(1, 's', 'stdout', 'a', 0))
    leave()
    store.add(readLogEntry(2, 's', 'stdout', 'b', 0))
    expect(seen).toEqual([1])
  })
})
