import { gunzipSync, inflateSync } from 'node:zlib'

const headerBytes = 12
const maxChunkCount = 128

/** Graylog forgets a message whose chunks have not all arrived after this. */
const maxAgeMs = 5000

interface Assembly {
  readonly parts: (Buffer | undefined)[]
  readonly startedAtMs: number
  missing: number
}

/** Makes the function that takes datagrams and puts chunked messages together, by all the rules of GELF 1.1. */
export function createChunkAssembler(
  take: (text: string) => void,
  problems: string[],
  nowMs: () => number = () => performance.now(),
): (datagram: Buffer) => void {
  const assemblies = new Map<string, Assembly>()

  const complete = (payload: Buffer): void => {
    try {
      take(decompressed(payload).toString())
    } catch {
      problems.push('A message is compressed, and broken.')
    }
  }
  const expire = (): void => {
    for (const [id, { startedAtMs, missing, parts }] of assemblies) {
      if (nowMs() - startedAtMs <= maxAgeMs) continue
      assemblies.delete(id)
      problems.push(`${missing} of ${parts.length} chunks of a message did not arrive within 5 s.`)
    }
  }

  return (datagram) => {
    expire()
    if (datagram[0] !== 0x1e || datagram[1] !== 0x0f) {
      if (datagram.length === 0) problems.push('A datagram is empty.')
      else complete(datagram)
      return
    }
    const index = datagram[10] ?? 0
    const count = datagram[11] ?? 0
    const problem = chunkProblem(datagram.length, index, count)
    if (problem !== undefined) {
      problems.push(problem)
      return
    }
    const id = datagram.toString('hex', 2, 10)
    let assembly = assemblies.get(id)
    if (assembly === undefined) {
      assembly = { parts: Array.from({ length: count }), startedAtMs: nowMs(), missing: count }
      assemblies.set(id, assembly)
    }
    if (assembly.parts.length !== count) problems.push('Two chunks of a message differ in their count.')
    else if (assembly.parts[index] !== undefined) problems.push('A chunk arrived twice.')
    else {
      assembly.parts[index] = datagram.subarray(headerBytes)
      if (--assembly.missing > 0) return
      assemblies.delete(id)
      complete(Buffer.concat(assembly.parts.filter((part) => part !== undefined)))
    }
  }
}

function chunkProblem(bytes: number, index: number, count: number): string | undefined {
  if (bytes < headerBytes) return `A chunk has ${bytes} bytes, less than its header.`
  if (bytes === headerBytes) return 'A chunk is empty.'
  if (count === 0 || count > maxChunkCount) return `A message has ${count} chunks.`
  return index >= count ? `Chunk ${index} of ${count} does not exist.` : undefined
}

/** gzip and zlib are known by their first bytes (RFC 1952, RFC 1950); anything else is taken as it is. */
function decompressed(payload: Buffer): Buffer {
  if (payload[0] === 0x1f && payload[1] === 0x8b) return gunzipSync(payload)
  return payload[0] === 0x78 && payload.readUInt16BE(0) % 31 === 0 ? inflateSync(payload) : payload
}
