import { sleep, systemClock, type Clock, type TimerHandle } from '@keelson/core/clock'
import { checkOptions, optionRules } from '@keelson/core/errors'
import type { LogDestination } from './destination.ts'
import { LineQueue } from './line-queue.ts'
import { standardOutput, type OutputSystem } from './stdout-system.ts'

/** Options of {@link createStdoutDestination}. */
export interface StdoutDestinationOptions {
  /**
   * Bytes that are held back while the reader has stopped; beyond that the oldest lines are dropped.
   *
   * @range from 65,536
   * @defaultValue 8,388,608 — some ten thousand lines
   */
  readonly maxQueueBytes?: number
  /**
   * Told how many lines were dropped since the last time, and why (`queue-full`, `closed`, or a system code such as
   * `EPIPE`): at once, then every ten seconds while it lasts, when the output works again, and at the end. The counts
   * add up exactly.
   */
  readonly onDropped?: (reason: string, count: number) => void
  /** Source of time. @defaultValue the real one */
  readonly clock?: Clock
  /** The system under the destination, for tests. @defaultValue standard output */
  readonly system?: OutputSystem
}

/** Values that stand for missing {@link StdoutDestinationOptions}. */
export const stdoutDestinationDefaults: Readonly<{ maxQueueBytes: number }> = Object.freeze({
  maxQueueBytes: 8 * 1024 * 1024,
})

/**
 * One try and, while a pipe is full, further ones after 1 ms each, but no more than 20 ms of waiting in one second:
 * a live reader took every one of 2,001 lines that way, without it 30 to 271 were refused; 2 % of the time is what a
 * reader that has stopped may cost.
 */
const waitMs = 1
const maxWaitMsPerSecond = 20

/** While lines are held back the pipe is tried this often. */
const retryMs = 10

/** After an error that is no full pipe (`EPIPE`, `ENOSPC`), the next try comes after this; until then lines are dropped. */
const brokenMs = 1000

const reportMs = 10_000

/** Room to encode a line: four times the longest in GELF (16,000 bytes). */
const scratchBytes = 65_536

const encoder = new TextEncoder()

/** Waiting for the reader at the end: of the process, where nothing else runs, and of the log, beside other work. */
const maxFlushMs = 500
const maxCloseMs = 2000

/**
 * Makes the destination that writes to standard output, one system call a line: when a log call returns and the pipe
 * has room, the line is in the kernel and survives whatever happens to the process. A reader that stops never blocks
 * the process for long (`standardOutput` says where that holds): lines then wait in a queue of bounded size.
 *
 * @throws KEELSON_LOG_OPTIONS_INVALID
 */
export function createStdoutDestination(options: StdoutDestinationOptions = {}): LogDestination {
  checkOptions('KEELSON_LOG_OPTIONS_INVALID', 'stdoutDestination', options, {
    maxQueueBytes: optionRules.number({ min: 65_536, integer: true }),
    onDropped: optionRules.function,
    clock: optionRules.object,
    system: optionRules.object,
  })
  return new StdoutDestination(options)
}

class StdoutDestination implements LogDestination {
  readonly #clock: Clock
  readonly #system: OutputSystem
  readonly #onDropped: (reason: string, count: number) => void
  readonly #onExit = (): void => this.flush()

  readonly #scratch = new Uint8Array(scratchBytes)
  readonly #queue: LineQueue
  #timer: TimerHandle | undefined
  #isWaiting = false
  #nextTryAt = 0
  /** Why the output takes nothing at all, while it does not. */
  #brokenCode: string | undefined
  #dropped = new Map<string, number>()
  #nextReportAt = 0
  #waitedMs = 0
  #waitWindowEnd = 0

  constructor({ clock, system, maxQueueBytes, onDropped }: StdoutDestinationOptions) {
    this.#clock = clock ?? systemClock
    this.#system = system ?? standardOutput()
    this.#queue = new LineQueue(maxQueueBytes ?? stdoutDestinationDefaults.maxQueueBytes)
    this.#onDropped = onDropped ?? (() => {})
  }

  write(line: string): void {
    const hasTrouble = !this.#queue.isEmpty || this.#brokenCode !== undefined
    if (hasTrouble && this.#clock.monotonic() >= this.#nextTryAt) this.#drain()
    if (this.#brokenCode !== undefined) this.#drop(this.#brokenCode, 1)
    else {
      // A place kept for all lines: encoding into it is a quarter cheaper than handing the text to the system, and
      // gives the size in bytes. Only lines for people are ever longer than it.
      const { read, written } = encoder.encodeInto(line, this.#scratch)
      const data = read < line.length ? Buffer.from(line) : this.#scratch
      const length = read < line.length ? data.length : written
      if (this.#queue.isEmpty) this.#writeNow(data, length)
      else this.#hold(data, length, 0)
    }
    if (this.#dropped.size > 0) this.#reportWhenDue()
  }

  flush(): void {
    const end = this.#clock.monotonic() + maxFlushMs
    while (!this.#drain() && this.#clock.monotonic() < end) this.#system.wait(waitMs)
    this.#report()
  }

  async close(): Promise<void> {
    const end = this.#clock.monotonic() + maxCloseMs
    while (!this.#drain() && this.#clock.monotonic() < end) await sleep(this.#clock, retryMs)
    this.#drop('closed', this.#queue.clear())
    this.#report()
    this.#stopWaiting()
    this.#system.close()
  }

  #writeNow(data: Uint8Array, length: number): void {
    const taken = this.#offer(data, length, true)
    if (taken === undefined) this.#drop(this.#brokenCode ?? 'unknown', 1)
    else if (taken < length) this.#hold(data, length, taken)
  }

  /** Offers data to the system. Bytes taken; `undefined` when the output is broken. */
  #offer(data: Uint8Array, length: number, mayWait: boolean): number | undefined {
    for (;;) {
      try {
        return this.#system.write(data, length)
      } catch (error) {
        const code = codeOf(error)
        if (code !== 'EAGAIN' && code !== 'EINTR') {
          this.#brokenCode = code
          this.#nextTryAt = this.#clock.monotonic() + brokenMs
          return undefined
        }
        if (!mayWait || !this.#hasWaited()) return 0
      }
    }
  }

  /** Waits once if the allowance of the present second is not used up. Whether it did. */
  #hasWaited(): boolean {
    const before = this.#clock.monotonic()
    if (before >= this.#waitWindowEnd) {
      this.#waitWindowEnd = before + 1000
      this.#waitedMs = 0
    }
    if (this.#waitedMs >= maxWaitMsPerSecond) return false
    this.#system.wait(waitMs)
    // On a busy machine a millisecond is longer than that; what counts is what the process lost.
    this.#waitedMs += Math.max(waitMs, this.#clock.monotonic() - before)
    return true
  }

  /** Puts a line into the queue, of which `taken` bytes are written already. */
  #hold(data: Uint8Array, length: number, taken: number): void {
    this.#drop('queue-full', this.#queue.add(data, length, taken))
    if (this.#isWaiting) return
    // The first line that waits: from now on somebody must come back for it, at the end of the process too.
    this.#isWaiting = true
    this.#nextTryAt = this.#clock.monotonic() + retryMs
    process.once('exit', this.#onExit)
    this.#retryLater()
  }

  #retryLater(): void {
    this.#timer = this.#clock.setTimeout(() => {
      if (this.#drain()) this.#stopWaiting()
      else this.#retryLater()
      this.#reportWhenDue()
    }, retryMs)
    this.#timer.unref()
  }

  #stopWaiting(): void {
    this.#isWaiting = false
    this.#clock.clearTimeout(this.#timer)
    process.removeListener('exit', this.#onExit)
  }

  /** Writes what is held back, without waiting. Whether nothing is left. */
  #drain(): boolean {
    const now = this.#clock.monotonic()
    if (this.#brokenCode !== undefined) {
      if (now < this.#nextTryAt) return this.#queue.isEmpty
      this.#brokenCode = undefined
    }
    this.#nextTryAt = now + retryMs
    while (!this.#queue.isEmpty) {
      const head = this.#queue.head()
      const taken = this.#offer(head, head.length, false)
      if (taken === 0) return false
      if (taken !== undefined) this.#queue.take(taken)
      // Nobody will read these lines: a queue that waits for nobody only hides the loss.
      else this.#drop(this.#brokenCode ?? 'unknown', this.#queue.clear())
    }
    return true
  }

  #drop(reason: string, count: number): void {
    if (count > 0) this.#dropped.set(reason, (this.#dropped.get(reason) ?? 0) + count)
  }

  #reportWhenDue(): void {
    const isOver = this.#queue.isEmpty && this.#brokenCode === undefined
    if (isOver || this.#clock.monotonic() >= this.#nextReportAt) this.#report()
  }

  #report(): void {
    if (this.#dropped.size === 0) return
    this.#nextReportAt = this.#clock.monotonic() + reportMs
    // Taken away first: the report may itself be logged, and come back here.
    const dropped = this.#dropped
    this.#dropped = new Map()
    for (const [reason, count] of dropped) this.#onDropped(reason, count)
  }
}

function codeOf(error: unknown): string {
  const code: unknown = typeof error === 'object' && error !== null ? Reflect.get(error, 'code') : undefined
  return typeof code === 'string' ? code : 'unknown'
}
