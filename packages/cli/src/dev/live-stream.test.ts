import type { ServerResponse } from 'node:http'
import { describe, expect, it } from 'vitest'
import { createLiveStream, lineMessage, maxLinesSent } from './live-stream.ts'
import { readLogEntry } from './log-entry.ts'
import { createLogStore } from './log-store.ts'
import type { UpdateMessage } from './messages.ts'

/** What of a response the stream uses. */
function createFakeResponse() {
  const updates: UpdateMessage[] = []
  const fake = {
    updates,
    writableNeedDrain: false,
    writeHead() {},
    write(text: string) {
      updates.push(JSON.parse(text.slice('data: '.length)) as UpdateMessage) // written by the stream
    },
    end() {},
  }
  // The stream calls nothing else.
  return { ...fake, fake, response: fake as unknown as ServerResponse }
}

const logs = () => createLogStore({ maxLines: 5_000 })
const line = (seq: number, level = 6) =>
  readLogEntry(seq, 's', 'stdout', JSON.stringify({ version: '1.1', short_message: `m${seq}`, level }), 0)

describe('createLiveStream', () => {
  it('sends what fits: the newest lines first, then those that come', () => {
    const store = logs()
    for (let seq = 1; seq <= 4; seq += 1) store.add(line(seq, seq % 2 === 0 ? 3 : 6))
    const { response, updates } = createFakeResponse()
    const stream = createLiveStream(response, store, { level: 4 }, { services: [] })
    store.add(line(5))
    store.add(line(6, 3))
    stream.flush()
    expect(updates.map(({ lines }) => lines?.map(({ seq }) => seq))).toEqual([[2, 4], [6]])
    expect(updates.at(-1)).toMatchObject({ held: 6, total: 6 })
  })

  it('sends the newest lines of a flood, and says how many it left out', () => {
    const store = logs()
    const { response, updates } = createFakeResponse()
    const stream = createLiveStream(response, store, {}, {})
    for (let seq = 1; seq <= 2_000; seq += 1) store.add(line(seq))
    stream.flush()
    expect(updates.at(-1)?.lines).toHaveLength(maxLinesSent)
    expect(updates.at(-1)?.lines?.at(-1)?.seq).toBe(2_000)
    expect(updates.at(-1)?.skipped).toBe(1_500)
  })

  it('keeps nothing for a reader that does not read, but the newest', () => {
    const store = logs()
    const { response, updates, fake } = createFakeResponse()
    const stream = createLiveStream(response, store, {}, {})
    fake.writableNeedDrain = true
    for (let seq = 1; seq <= 2_000; seq += 1) store.add(line(seq))
    for (let index = 0; index < 10; index += 1) {
      stream.add({ probes: [{ service: 's', probe: { atMs: index, liveness: 'u', readiness: 'u' } }] })
      stream.flush()
    }
    expect(updates).toHaveLength(1)
    fake.writableNeedDrain = false
    stream.flush()
    expect(updates.at(-1)).toMatchObject({ skipped: 1_500 })
    expect(updates.at(-1)?.probes).toHaveLength(10)
  })

  it('says nothing when there is nothing new, but now and then, so that the connection is known to live', () => {
    const { response, updates } = createFakeResponse()
    const stream = createLiveStream(response, logs(), {}, {})
    for (let index = 0; index < 19; index += 1) stream.flush()
    expect(updates).toHaveLength(1)
    stream.flush()
    expect(updates).toHaveLength(2)
  })

  it('listens no longer once it is closed', () => {
    const store = logs()
    const { response, updates } = createFakeResponse()
    const stream = createLiveStream(response, store, {}, {})
    stream.close()
    store.add(line(1))
    stream.flush()
    expect(updates.at(-1)?.lines ?? []).toEqual([])
  })
})

describe('lineMessage', () => {
  it('leaves out what an access line says in its message', () => {
    const fields = { _method: 'GET', _route: '/a', _status: 200, _duration_ms: 1.5, _url: '/a?b', _pid: 7 }
    const row = JSON.stringify({ version: '1.1', short_message: 'GET /a 200', ...fields })
    expect(lineMessage(readLogEntry(1, 's', 'stdout', row, 0)).fields).toBe('duration_ms=1.5 url=/a?b')
  })

  it('cuts what is too long for a list', () => {
    const message = lineMessage(readLogEntry(1, 's', 'stdout', 'x'.repeat(5_000), 0))
    expect(message.text).toHaveLength(501)
  })
})
