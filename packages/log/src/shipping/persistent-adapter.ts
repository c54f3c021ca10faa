import { systemClock, type Clock, type TimerHandle } from '@keelson/core/clock'
import type { GelfAdapter, GelfAdapterOptions, GelfShipped } from './gelf-adapter.ts'
import type { GelfTarget } from './gelf-target.ts'
import type { Link, OpenLink } from './link.ts'
import { ResendWindow } from './resend-window.ts'
import { ShippingCounts, type GelfShippingStats } from './shipping-counts.ts'
import { ShippingQueue, type ShippedMessage } from './shipping-queue.ts'
import { TargetAddress, type AddressLookup } from './target-address.ts'
import { fitToUdp, maxUdpMessageBytes } from './udp-chunks.ts'

/** Options with every gap filled that has no meaning of its own. */
export interface AdapterSettings extends GelfAdapterOptions {
  readonly maxQueueCount: number
  readonly maxQueueBytes: number
  readonly closeTimeoutMs: number
  readonly lookup: AddressLookup
}

/** Bytes handed to the kernel at once, and the most that is sent a second time after a broken connection. */
const batchBytes = 65_536

/** Full jitter: up to 100 ms before the first new try, doubling up to 30 s. */
const firstDelayMs = 100
const maxDelayMs = 30_000

/** A connection that lasted this long was a good one: the next new try comes early again. */
const steadyMs = 10_000

const connectTimeoutMs = 5000

/** Nothing taken for so long, with messages waiting: the receiver is gone, or might as well be. */
const writeTimeoutMs = 10_000

/** A UDP socket is never told that its receiver moved; after this its name is resolved anew. */
const udpRenewMs = 300_000

/** What `createGelfAdapter` makes: a queue, the link that empties it, and what is done when that breaks. */
export class PersistentAdapter implements GelfAdapter {
  readonly #clock: Clock
  readonly #random: () => number
  readonly #isUdp: boolean
  readonly #open: OpenLink
  readonly #address: TargetAddress
  readonly #queue: ShippingQueue
  readonly #resend: ResendWindow
  readonly #counts: ShippingCounts
  readonly #closeTimeoutMs: number
  readonly #onShipped: (shipped: GelfShipped) => void

  #link: Link | undefined
  #openedAtMs = 0
  #isConnecting = false
  #retryTimer: TimerHandle | undefined
  #failureCount = 0
  #isScheduled = false
  /** The batch that the kernel has not taken yet. */
  #inFlight: readonly ShippedMessage[] | undefined
  #sequence = 0
  #closing: Promise<void> | undefined
  #isClosed = false
  #whenEmpty: (() => void) | undefined

  constructor(target: GelfTarget, options: AdapterSettings, open: OpenLink) {
    const { clock = systemClock, random = Math.random } = options
    this.#clock = clock
    this.#random = random
    this.#isUdp = target.transport === 'udp'
    this.#open = open

    this.#address = new TargetAddress(target.host, options.lookup, clock)
    this.#queue = new ShippingQueue(options.maxQueueCount, options.maxQueueBytes)
    this.#resend = new ResendWindow(batchBytes, clock)
    this.#counts = new ShippingCounts(clock, options.onDropped ?? (() => {}))
    this.#closeTimeoutMs = options.closeTimeoutMs
    this.#onShipped = options.onShipped ?? ignore
  }

  send(message: string, callback?: (error?: Error, bytes?: number) => void): void {
    const text = cleaned(message)
    const entry = this.#entryOf(text, Buffer.byteLength(text), callback ?? ignore)
    if (this.#closing !== undefined) this.#drop([entry], 'ship-closed')
    else if (this.#isUdp && entry.bytes > maxUdpMessageBytes) this.#enqueueCut(entry)
    else this.#enqueue(entry)
  }

  stats(): GelfShippingStats {
    return {
      ...this.#counts.totals(),
      queuedCount: this.#queue.count + this.#resend.waitingCount + (this.#inFlight?.length ?? 0),
      queuedBytes: this.#queue.bytes,
      isConnected: this.#link !== undefined,
    }
  }

  close(): Promise<void> {
    this.#closing ??= this.#finish()
    return this.#closing
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  #entryOf(text: string, bytes: number, callback: ShippedMessage['callback']): ShippedMessage {
    return { text, bytes, isImportant: isImportant(text), sequence: this.#sequence++, callback }
  }

  #enqueueCut(entry: ShippedMessage): void {
    const text = fitToUdp(entry.text)
    if (text === undefined) {
      this.#drop([entry], 'ship-too-large')
      return
    }
    this.#counts.truncated()
    this.#enqueue({ ...entry, text, bytes: Buffer.byteLength(text) })
  }

  #enqueue(entry: ShippedMessage): void {
    const dropped = this.#queue.add(entry)
    if (dropped.length > 0) this.#drop(dropped, 'ship-queue-full')
    // What a turn of the loop logs goes out together.
    if (this.#isScheduled || this.#inFlight !== undefined || this.#retryTimer !== undefined) return
    this.#isScheduled = true
    setImmediate(() => {
      this.#isScheduled = false
      this.#pump()
    })
  }

  /** Sends the next batch if there is a link, and opens one if there is none. */
  #pump(): void {
    if (this.#inFlight !== undefined || this.#isClosed) return
    if (this.#isEmpty()) {
      this.#whenEmpty?.()
      return
    }
    if (this.#link === undefined) {
      this.#connect()
      return
    }
    if (this.#isUdp && this.#clock.monotonic() - this.#openedAtMs >= udpRenewMs) {
      this.#dropLink()
      this.#connect()
      return
    }
    this.#sendBatch(this.#link)
  }

  #sendBatch(link: Link): void {
    const again = this.#resend.take()
    const batch = again.length > 0 ? again : this.#queue.take(batchBytes)
    this.#inFlight = batch
    const timer = this.#clock.setTimeout(() => this.#lose(link), writeTimeoutMs)
    timer.unref()
    link.send(batch, (error, unsent) => {
      this.#clock.clearTimeout(timer)
      if (this.#link !== link || this.#inFlight !== batch) return // lost meanwhile, and put back there
      this.#inFlight = undefined
      const missing = new Set(unsent)
      const taken = missing.size === 0 ? batch : batch.filter((message) => !missing.has(message))
      this.#taken(taken)
      if (error === undefined) setImmediate(() => this.#pump())
      else {
        this.#inFlight = unsent
        this.#lose(link)
      }
    })
  }

  #taken(messages: readonly ShippedMessage[]): void {
    // The kernel's word is all there is over TCP: kept for a while, in case the connection breaks. UDP breaks silently.
    if (!this.#isUdp) this.#resend.remember(messages)
    let [count, bytes] = [0, 0]
    for (const message of messages) {
      // Told already: it was taken once before, by a link that broke.
      if (message.callback === undefined) continue
      this.#counts.sent(message.bytes)
      count++
      bytes += message.bytes
      tell(message, undefined, message.bytes)
    }
    if (count > 0) this.#onShipped({ isConnected: this.#link !== undefined, count, bytes })
  }

  #connect(): void {
    if (this.#isConnecting || this.#retryTimer !== undefined) return
    this.#isConnecting = true
    let isOver = false
    const end = (link: Link | undefined): void => {
      if (isOver) {
        link?.destroy() // it came too late
        return
      }
      isOver = true
      this.#clock.clearTimeout(timer)
      this.#isConnecting = false
      if (this.#isClosed) link?.destroy()
      else if (link === undefined) this.#retryLater()
      else {
        this.#link = link
        this.#openedAtMs = this.#clock.monotonic()
        this.#counts.connected()
        this.#onShipped({ isConnected: true, count: 0, bytes: 0 })
        this.#pump()
      }
    }
    const timer = this.#clock.setTimeout(() => end(undefined), connectTimeoutMs)
    timer.unref()
    void this.#openLink().then(end)
  }

  /** A new link, or nothing when there is none to be had. */
  async #openLink(): Promise<Link | undefined> {
    let opened: Link | undefined
    try {
      const address = await this.#address.current()
      opened = await this.#open(address, () => opened !== undefined && this.#lose(opened))
    } catch {
      // Tried again soon; until then messages wait, and those that cannot are counted.
    }
    return opened
  }

  /** The link broke: what it may have swallowed is sent again over the next one. */
  #lose(link: Link): void {
    if (this.#link !== link) return
    if (this.#clock.monotonic() - this.#openedAtMs >= steadyMs) this.#failureCount = 0
    this.#resend.repeat(this.#inFlight ?? [])
    this.#inFlight = undefined
    this.#dropLink()
    if (!this.#isClosed) this.#retryLater()
  }

  #dropLink(): void {
    const link = this.#link
    if (link === undefined) return
    this.#link = undefined
    link.destroy()
    this.#onShipped({ isConnected: false, count: 0, bytes: 0 })
  }

  #retryLater(): void {
    this.#address.doubt()
    const delayMs = this.#random() * Math.min(maxDelayMs, firstDelayMs * 2 ** this.#failureCount)
    this.#failureCount = Math.min(this.#failureCount + 1, 10)
    this.#retryTimer = this.#clock.setTimeout(() => {
      this.#retryTimer = undefined
      this.#pump()
    }, delayMs)
    this.#retryTimer.unref()
  }

  async #finish(): Promise<void> {
    if (!this.#isEmpty()) {
      await new Promise<void>((resolve) => {
        // Not unref'd: the process must not end under the last messages.
        const timer = this.#clock.setTimeout(resolve, this.#closeTimeoutMs)
        this.#whenEmpty = () => {
          this.#clock.clearTimeout(timer)
          resolve()
        }
        this.#pump()
      })
    }
    this.#isClosed = true
    this.#clock.clearTimeout(this.#retryTimer)
    const left = [...(this.#inFlight ?? []), ...this.#resend.take(), ...this.#queue.take(Infinity)]
    // Those that the kernel took before are not counted: they are most likely there.
    this.#drop(
      left.filter(({ callback }) => callback !== undefined),
      'ship-closed',
    )
    const link = this.#link
    this.#link = undefined
    if (left.length > 0) link?.destroy()
    else await link?.close()
    this.#counts.close()
  }

  #isEmpty(): boolean {
    return this.#inFlight === undefined && this.#queue.count === 0 && this.#resend.waitingCount === 0
  }

  #drop(messages: readonly ShippedMessage[], reason: string): void {
    this.#counts.dropped(reason, messages.length)
    for (const message of messages) tell(message, new Error(`dropped: ${reason}`))
  }
}

function ignore(): void {}

/** Tells the sender once. What its callback throws is its own, and must not stop the messages of others. */
function tell(message: ShippedMessage, error: Error | undefined, bytes?: number): void {
  const { callback } = message
  message.callback = undefined
  try {
    callback?.(error, bytes)
  } catch {
    // A log call never throws.
  }
}

/** Without the line break at the end, and without NUL, which ends a frame. */
function cleaned(message: string): string {
  const text = message.endsWith('\n') ? message.slice(0, -1) : message
  return text.includes('\0') ? text.replaceAll('\0', '') : text
}

const levelKey = '"level":'

/** Whether GELF's level is warning or above. In a value the quotes of this key would be escaped. */
function isImportant(text: string): boolean {
  const at = text.indexOf(levelKey)
  const digit = text.charCodeAt(at + levelKey.length) - 48
  const next = text.charAt(at + levelKey.length + 1)
  return at >= 0 && digit >= 0 && digit <= 4 && (next === ',' || next === '}')
}
