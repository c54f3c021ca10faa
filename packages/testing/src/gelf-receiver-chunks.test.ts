import { deflateSync, gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { createChunkAssembler } from './gelf-receiver-chunks.ts'

function chunk(index: number, count: number, part: string, id = 'idididid'): Buffer {
  return Buffer.concat([
    Buffer.from([0x1e, 0x0f]),
    Buffer.from(id),
    Buffer.from([index, count]),
    Buffer.from(part),
  ])
}

function assembler() {
  const taken: string[] = []
  const problems: string[] = []
  let nowMs = 0
  const take = createChunkAssembler(
    (text) => void taken.push(text),
    problems,
    () => nowMs,
  )
  return { take, taken, problems, wait: (ms: number) => (nowMs += ms) }
}

describe('createChunkAssembler', () => {
  test('puts chunks together in whatever order they come, and reads compressed messages', () => {
    const { take, taken, problems } = assembler()
    take(chunk(1, 2, 'b'))
    take(chunk(0, 2, 'a'))
    take(Buffer.from('plain'))
    take(gzipSync('gzip'))
    take(deflateSync('zlib'))
    expect(taken).toEqual(['ab', 'plain', 'gzip', 'zlib'])
    expect(problems).toEqual([])
  })

  test.each([
    ['an empty datagram', [Buffer.alloc(0)]],
    ['a chunk without its header', [Buffer.from([0x1e, 0x0f, 1])]],
    ['an empty chunk', [chunk(0, 2, '')]],
    ['129 chunks', [chunk(0, 129, 'a')]],
    ['a chunk beyond the last', [chunk(2, 2, 'a')]],
    ['a chunk that comes twice', [chunk(0, 2, 'a'), chunk(0, 2, 'a')]],
    ['chunks that differ in their count', [chunk(0, 2, 'a'), chunk(1, 3, 'a')]],
    ['a broken compression', [Buffer.from([0x1f, 0x8b, 1, 2])]],
  ])('reports %s', (_case, datagrams) => {
    const { take, taken, problems } = assembler()
    for (const datagram of datagrams) take(datagram)
    expect(problems).toHaveLength(1)
    expect(taken).toEqual([])
  })

  test('forgets chunks after five seconds, as Graylog does', () => {
    const { take, problems, taken, wait } = assembler()
    take(chunk(0, 2, 'a'))
    wait(5001)
    take(chunk(1, 2, 'b'))
    expect(taken).toEqual([])
    expect(problems).toHaveLength(1)
  })
})
