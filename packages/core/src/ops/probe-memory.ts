import type { ProbeAnswer } from '../health/index.ts'

/** Probes that are answered from shared memory, in the order of their places. */
export const probeNames = ['liveness', 'readiness', 'startup'] as const

/** Name of a probe. */
export type ProbeName = (typeof probeNames)[number]

/** Room for one answer in bytes: some forty names of checks; longer answers are cut to their status. */
const ANSWER_BYTES = 4_096

// Words in front of the answers: the last sign of life, when a probe was last answered, then for each probe the length of its answer, negative when down.
const BEAT = 0
const PROBED = 1
const LENGTHS = 2
const WORDS = LENGTHS + probeNames.length
const HEAD_BYTES = WORDS * Int32Array.BYTES_PER_ELEMENT

/** What both threads hold: the answers of the probes, and the main thread's last sign of life. */
export interface ProbeMemory {
  readonly buffer: SharedArrayBuffer
  /** Main thread: it turns. */
  beat(): void
  /** Milliseconds since the main thread last turned. */
  silentMs(): number
  /** Probe thread: a probe is being answered. */
  probed(): void
  /** When a probe was last answered, in milliseconds since 1970, to the second; `undefined` before the first. */
  lastProbeAtMs(): number | undefined
  /** Main thread: a probe is answered thus from now on. */
  write(probe: ProbeName, answer: ProbeAnswer): void
  read(probe: ProbeName): { readonly up: boolean; readonly body: string }
}

/** Opens the memory of a service; without a buffer, makes a new one. */
export function openProbeMemory(
  buffer: SharedArrayBuffer = new SharedArrayBuffer(HEAD_BYTES + probeNames.length * ANSWER_BYTES),
): ProbeMemory {
  const words = new Int32Array(buffer, 0, WORDS)
  const encoder = new TextEncoder()
  const place = (probe: ProbeName) => {
    const index = probeNames.indexOf(probe)
    return {
      length: LENGTHS + index,
      bytes: new Uint8Array(buffer, HEAD_BYTES + index * ANSWER_BYTES, ANSWER_BYTES),
    }
  }
  return {
    buffer,
    beat: () => void Atomics.store(words, BEAT, coarseNow()),
    // Both may wrap around after 24 days; their difference as a 32-bit number does not mind.
    silentMs: () => (coarseNow() - Atomics.load(words, BEAT)) | 0,
    // Seconds, which fit into the word until 2038.
    probed: () => void Atomics.store(words, PROBED, Math.trunc(Date.now() / 1_000)),
    lastProbeAtMs() {
      const seconds = Atomics.load(words, PROBED)
      return seconds === 0 ? undefined : seconds * 1_000
    },
    write(probe, answer) {
      const { length, bytes } = place(probe)
      const text = encoder.encode(JSON.stringify(answer))
      const fits =
        text.length <= ANSWER_BYTES
          ? text
          : encoder.encode(JSON.stringify({ status: answer.status, reasons: [] }))
      // 0 says "being written": a reader that meets it asks again.
      Atomics.store(words, length, 0)
      bytes.set(fits)
      Atomics.store(words, length, answer.status === 'up' ? fits.length : -fits.length)
    },
    read(probe) {
      const { length, bytes } = place(probe)
      for (;;) {
        const before = Atomics.load(words, length)
        const body = Buffer.from(bytes.slice(0, Math.abs(before))).toString()
        if (before !== 0 && Atomics.load(words, length) === before) return { up: before > 0, body }
      }
    },
  }
}

/** Milliseconds of the machine's monotonic clock, the same in every thread, as a 32-bit number. */
function coarseNow(): number {
  return Number(process.hrtime.bigint() / 1_000_000n) | 0
}
