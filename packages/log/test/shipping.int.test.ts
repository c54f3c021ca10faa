import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { subscribe } from '@keelson/core/channels'
import { startGelfReceiver, type GelfReceiver } from '@keelson/testing'
import { afterEach, describe, expect, test } from 'vitest'
import { createLog } from '../src/log.ts'
import { createGelfAdapter, type GelfAdapter, type GelfAdapterOptions } from '../src/shipping/gelf-adapter.ts'
import { chunkBytes, maxDatagramBytes } from '../src/shipping/udp-chunks.ts'

const ends: (() => Promise<void>)[] = []

afterEach(async () => {
  for (const end of ends.splice(0).toReversed()) await end()
})

async function receiver(...args: Parameters<typeof startGelfReceiver>): Promise<GelfReceiver> {
  const made = await startGelfReceiver(...args)
  ends.push(() => made.close())
  return made
}

function adapterFor(options: GelfAdapterOptions): GelfAdapter {
  const made = createGelfAdapter({ closeTimeoutMs: 0, ...options })
  ends.push(() => made.close())
  return made
}

/** A valid message of exactly so many bytes. */
function messageOf(bytes: number, level = 6): string {
  const start = `{"version":"1.1","host":"h","short_message":"m","level":${level},"_fill":"`
  return `${start}${'x'.repeat(bytes - start.length - 2)}"}`
}

function numbered(index: number, level = 6): string {
  return `{"version":"1.1","host":"h","short_message":"m${index}","level":${level},"_number":${index}}`
}

function numbersOf({ messages }: GelfReceiver): number[] {
  return messages.map(({ fields }) => Number(fields['_number']))
}

function expectValid(found: GelfReceiver): void {
  expect(found.problems).toEqual([])
  expect(found.messages.flatMap(({ violations }) => violations)).toEqual([])
}

/** A certificate signed by itself; Node cannot make one. */
function certificate(): { key: string; cert: string } {
  const folder = mkdtempSync(join(tmpdir(), 'keelson-tls-'))
  const [key, cert] = [join(folder, 'key'), join(folder, 'cert')]
  execFileSync(
    'openssl',
    ['req', '-x509', '-nodes', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1']
      .concat(['-keyout', key, '-out', cert, '-subj', '/CN=receiver'])
      .concat(['-addext', 'subjectAltName=IP:127.0.0.1,DNS:graylog.test']),
    { stdio: 'ignore' },
  )
  const made = { key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8') }
  rmSync(folder, { recursive: true })
  return made
}

describe('createGelfAdapter over UDP', () => {
  test.each([
    ['the largest that needs no chunks', maxDatagramBytes, 1],
    ['one byte more', maxDatagramBytes + 1, 2],
    ['an exact multiple of two', 2 * chunkBytes, 2],
    ['one byte more than two chunks', 2 * chunkBytes + 1, 3],
    ['an exact multiple of 127', 127 * chunkBytes, 127],
    ['less than 128 chunks', 128 * chunkBytes - 1, 128],
    ['an exact multiple of 128', 128 * chunkBytes, 128],
  ])('delivers a message whole: %s', async (_case, bytes, datagrams) => {
    const found = await receiver({ transport: 'udp' })
    const adapter = adapterFor({ url: found.url })
    const text = messageOf(bytes)
    adapter.send(text)
    await found.received(1)
    expect(found.messages[0]?.text).toBe(text)
    expect(found.datagramCount).toBe(datagrams)
    expectValid(found)
    expect(adapter.stats()).toMatchObject({ sentCount: 1, truncatedCount: 0, connectionCount: 1 })
  })

  test('cuts what would need 129 chunks, says so in the message, and counts it', async () => {
    const found = await receiver({ transport: 'udp' })
    const adapter = adapterFor({ url: found.url })
    adapter.send(messageOf(128 * chunkBytes + 1))
    await found.received(1)
    expect(found.datagramCount).toBe(128)
    expect(Number(found.messages[0]?.fields['_truncated'])).toBeGreaterThan(0)
    expectValid(found)
    expect(adapter.stats()).toMatchObject({ sentCount: 1, truncatedCount: 1, dropped: {} })
  })

  test.each(['gzip', 'zlib'] as const)(
    'packs by %s what needs chunks, as Graylog unpacks it, and leaves the rest plain',
    async (compression) => {
      const found = await receiver({ transport: 'udp' })
      const adapter = adapterFor({ url: found.url, compression })
      const texts = [messageOf(maxDatagramBytes), messageOf(20 * chunkBytes)]
      for (const text of texts) adapter.send(text)
      await found.received(2)
      expect(found.messages.map(({ text }) => text)).toEqual(texts)
      expect(found.datagramCount).toBe(2)
      expectValid(found)
    },
  )

  test('drops what is too large and no JSON, and tells the caller', async () => {
    const found = await receiver({ transport: 'udp' })
    const adapter = adapterFor({ url: found.url })
    const told = new Promise((resolve) => adapter.send('x'.repeat(200_000), resolve))
    expect(await told).toBeInstanceOf(Error)
    expect(adapter.stats().dropped).toEqual({ 'ship-too-large': 1 })
  })

  test('sends through one socket, and goes on when the receiver comes back', async () => {
    const found = await receiver({ transport: 'udp' })
    const adapter = adapterFor({ url: found.url, random: () => 0.1 })
    for (let index = 0; index < 50; index++) adapter.send(numbered(index))
    await found.received(50)
    expect(adapter.stats().connectionCount).toBe(1)
    await found.kill()
    for (let index = 50; index < 60; index++) {
      adapter.send(numbered(index))
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
    await found.revive()
    adapter.send(numbered(60))
    await found.received(52)
    expect(numbersOf(found)).toContain(60)
    expectValid(found)
  })
})

describe('createGelfAdapter over TCP', () => {
  test('sends 10,000 messages over one connection, in order', async () => {
    const found = await receiver({ transport: 'tcp' })
    const adapter = adapterFor({ url: found.url })
    for (let index = 0; index < 10_000; index++) adapter.send(numbered(index))
    await found.received(10_000)
    expect(found.connectionCount).toBe(1)
    expect(numbersOf(found)).toEqual(Array.from({ length: 10_000 }, (_, index) => index))
    expectValid(found)
    expect(adapter.stats()).toMatchObject({ sentCount: 10_000, queuedCount: 0, dropped: {} })
  })

  test('takes NULs out of a message, which would end its frame, and the line break at its end', async () => {
    const found = await receiver({ transport: 'tcp' })
    const adapter = adapterFor({ url: found.url })
    adapter.send(`${numbered(1).replace('m1', 'a\0b')}\n`)
    await found.received(1)
    expect(found.messages[0]?.fields['short_message']).toBe('ab')
    expectValid(found)
  })

  test('loses nothing when the receiver restarts, and sends at most one batch twice', async () => {
    const found = await receiver({ transport: 'tcp' })
    const adapter = adapterFor({ url: found.url, random: () => 0.2 })
    const total = 3000
    let next = 0
    const sendSome = async (until: number): Promise<void> => {
      for (; next < until; next++) {
        adapter.send(numbered(next))
        if (next % 20 === 0) await new Promise((resolve) => setImmediate(resolve))
      }
    }
    await sendSome(1000)
    await found.kill()
    await sendSome(2000)
    await found.revive()
    await sendSome(total)
    await expect.poll(() => new Set(numbersOf(found)).size, { timeout: 20_000 }).toBe(total)
    const twice = found.messages.length - total
    expect(twice * (numbered(1000).length + 1)).toBeLessThanOrEqual(65_536)
    expect(found.messages.flatMap(({ violations }) => violations)).toEqual([])
    expect(adapter.stats()).toMatchObject({ sentCount: total, dropped: {} })
  })

  test('holds what its bounds allow while nobody listens, keeps warnings, and counts the rest exactly', async () => {
    const found = await receiver({ transport: 'tcp' })
    await found.kill()
    let dropped = 0
    const adapter = adapterFor({
      url: found.url,
      maxQueueCount: 1000,
      random: () => 0.2,
      onDropped: (_reason, count) => (dropped += count),
    })
    for (let index = 0; index < 5000; index++) adapter.send(numbered(index, index % 100 === 0 ? 4 : 6))
    expect(adapter.stats()).toMatchObject({ queuedCount: 1000, dropped: { 'ship-queue-full': 4000 } })
    await found.revive()
    await found.received(1000)
    const numbers = numbersOf(found)
    expect(numbers.filter((number) => number % 100 === 0)).toHaveLength(50)
    expect(numbers).toEqual(numbers.toSorted((one, other) => one - other))
    await adapter.close()
    expect(dropped).toBe(4000)
  })

  test('delivers what waits when it is closed, and refuses what comes later', async () => {
    const found = await receiver({ transport: 'tcp' })
    const adapter = adapterFor({ url: found.url, closeTimeoutMs: 10_000 })
    for (let index = 0; index < 500; index++) adapter.send(numbered(index))
    await adapter.close()
    await found.received(500)
    const told = new Promise((resolve) => adapter.send(numbered(500), resolve))
    expect(await told).toBeInstanceOf(Error)
    expect(adapter.stats()).toMatchObject({ sentCount: 500, dropped: { 'ship-closed': 1 } })
    expectValid(found)
  })

  test('gives up at the end of its time when nobody listens, and counts what is left', async () => {
    const found = await receiver({ transport: 'tcp' })
    await found.kill()
    const adapter = adapterFor({ url: found.url, closeTimeoutMs: 50 })
    for (let index = 0; index < 7; index++) adapter.send(numbered(index))
    await adapter.close()
    expect(adapter.stats()).toMatchObject({ sentCount: 0, dropped: { 'ship-closed': 7 } })
  })

  test('asks for the address of a name once a connection, never for a message', async () => {
    const found = await receiver({ transport: 'tcp' })
    const asked: string[] = []
    const adapter = adapterFor({
      url: found.url.replace('127.0.0.1', 'graylog.test'),
      lookup(host) {
        asked.push(host)
        return Promise.resolve([{ address: '127.0.0.1', family: 4 }])
      },
    })
    for (let index = 0; index < 2000; index++) adapter.send(numbered(index))
    await found.received(2000)
    expect(asked).toEqual(['graylog.test'])
  })
})

describe('createGelfAdapter over TLS', () => {
  test('makes one handshake for all messages, and checks the certificate against the name', async () => {
    const own = certificate()
    const found = await receiver({ transport: 'tls', ...own })
    const adapter = adapterFor({
      url: found.url.replace('127.0.0.1', 'graylog.test'),
      ca: own.cert,
      lookup: () => Promise.resolve([{ address: '127.0.0.1', family: 4 }]),
    })
    for (let index = 0; index < 2000; index++) adapter.send(numbered(index))
    await found.received(2000)
    expect(found.connectionCount).toBe(1)
    expectValid(found)
  })

  test('reads the file of the authority anew for every connection', async () => {
    const [first, second] = [certificate(), certificate()]
    const folder = mkdtempSync(join(tmpdir(), 'keelson-ca-'))
    ends.push(async () => rmSync(folder, { recursive: true }))
    const caFile = join(folder, 'ca.pem')
    writeFileSync(caFile, first.cert)
    const found = await receiver({ transport: 'tls', ...second })
    const adapter = adapterFor({ url: found.url, caFile, random: () => 0.1 })
    adapter.send(numbered(1))
    await new Promise((resolve) => setTimeout(resolve, 200))
    expect(found.messages).toEqual([])
    writeFileSync(caFile, second.cert)
    await found.received(1)
    expectValid(found)
  })

  test.each([
    ['of an authority that it does not know', {}, '127.0.0.1'],
    ['for another name', { withCa: true }, 'other.test'],
  ])('sends nothing to a certificate %s', async (_case, { withCa }: { withCa?: boolean }, host) => {
    const own = certificate()
    const found = await receiver({ transport: 'tls', ...own })
    let lookups = 0
    const adapter = adapterFor({
      url: found.url.replace('127.0.0.1', host),
      random: () => 0.1,
      ...(withCa === true ? { ca: own.cert } : {}),
      lookup() {
        lookups++
        return Promise.resolve([{ address: '127.0.0.1', family: 4 }])
      },
    })
    adapter.send(numbered(1))
    if (host === 'other.test') await expect.poll(() => lookups, { timeout: 10_000 }).toBeGreaterThan(1)
    else await new Promise((resolve) => setTimeout(resolve, 200))
    expect(found.messages).toEqual([])
    expect(adapter.stats()).toMatchObject({ isConnected: false, queuedCount: 1 })
  })
})

describe('createLog with shipping', () => {
  test('ships each line as it stands on standard output, through gelf-pro', async () => {
    const found = await receiver({ transport: 'tcp' })
    const lines: string[] = []
    const log = createLog({
      service: 'demo',
      shipping: { url: found.url },
      destination: { write: (line) => void lines.push(line) },
    })
    log.logger.info({ a: true }, 'one')
    log.logger.error(new Error('two'))
    await log.close()
    await found.received(2)
    expect(found.messages.map(({ text }) => `${text}\n`)).toEqual(lines)
    expectValid(found)
  })

  test('tells on the channel what was shipped, and when the connection comes and goes', async () => {
    const found = await receiver({ transport: 'tcp' })
    const facts: { isConnected: boolean; count: number; bytes: number }[] = []
    const end = subscribe('keelson.log.shipped', (fact) => facts.push(fact))
    const log = createLog({ service: 'demo', shipping: { url: found.url }, destination: { write() {} } })
    ends.push(() => log.close())
    for (let index = 0; index < 100; index++) log.logger.info('m')
    await found.received(100)
    await found.kill()
    await expect.poll(() => facts.at(-1)?.isConnected, { timeout: 20_000 }).toBe(false)
    end()
    expect(facts[0]).toEqual({ service: 'demo', isConnected: true, count: 0, bytes: 0 })
    expect(facts.reduce((sum, { count }) => sum + count, 0)).toBe(100)
    const bytes = found.messages.reduce((sum, { text }) => sum + Buffer.byteLength(text), 0)
    expect(facts.reduce((sum, fact) => sum + fact.bytes, 0)).toBe(bytes)
  })

  test('tells of dropped lines on standard output and the channel, not over the way that dropped them', async () => {
    const found = await receiver({ transport: 'tcp' })
    await found.kill()
    const facts: object[] = []
    const end = subscribe('keelson.log.dropped', (fact) => facts.push(fact))
    const lines: string[] = []
    const log = createLog({
      service: 'demo',
      shipping: { url: found.url },
      destination: { write: (line) => void lines.push(line) },
    })
    for (let index = 0; index < 10_001; index++) log.logger.info('m')
    end()
    expect(facts).toEqual([{ service: 'demo', reason: 'ship-queue-full', count: 1 }])
    expect(lines.filter((line) => line.includes('"_dropped_count":1'))).toHaveLength(1)
    expect(lines).toHaveLength(10_002)
    await log.close()
  })
})
