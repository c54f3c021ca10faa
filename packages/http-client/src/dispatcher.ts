import { EventEmitter } from 'node:events'
import { checkOptions, optionRules } from '@keelson/core/errors'
import { AnswerSink } from './answer-sink.ts'
import { closedError } from './closed-error.ts'
import { type DispatchTarget, readDispatch, refusal } from './dispatch-request.ts'
import { DispatchedCall } from './dispatched-call.ts'
import type {
  ClientDispatcher,
  DispatcherOptions,
  DispatchHandler,
  DispatchRequest,
} from './dispatcher-types.ts'
import type { WireCall } from './fetch-call.ts'

/** What a dispatcher needs of its client. */
export interface DispatcherSetup extends DispatchTarget {
  /** Makes one call through all layers; any answer fulfils it. */
  readonly send: (call: WireCall, sink: AnswerSink) => Promise<unknown>
}

/**
 * Checks the options of a dispatcher.
 *
 * @throws KEELSON_CLIENT_OPTIONS_INVALID
 */
export function checkDispatcherOptions(options: DispatcherOptions): void {
  checkOptions('KEELSON_CLIENT_OPTIONS_INVALID', 'dispatcher', options, {
    timeoutMs: optionRules.number({ min: 1, max: 3_600_000 }),
  })
}

/** A dispatcher in the form of undici's around the calls of a client. Needs nothing of undici, whose functions ask for `dispatch` alone. */
export class PipelinedDispatcher extends EventEmitter implements ClientDispatcher {
  readonly #setup: DispatcherSetup
  readonly #running = new Map<DispatchedCall, Promise<void>>()
  #closed = false

  constructor(setup: DispatcherSetup) {
    super()
    this.#setup = setup
  }

  dispatch(request: DispatchRequest, handler: DispatchHandler): boolean {
    const { dependency } = this.#setup
    if (typeof handler !== 'object' || handler === null) throw refusal(dependency, 'no handler')
    const call = new DispatchedCall(handler)
    call.begin()
    const running = this.#run(call, request).finally(() => this.#running.delete(call))
    this.#running.set(call, running)
    return true
  }

  close(): Promise<void>
  close(callback: () => void): void
  close(callback?: () => void): Promise<void> | void {
    this.#closed = true
    return settle(this.#ended(), callback)
  }

  destroy(error?: Error | null): Promise<void>
  destroy(callback: () => void): void
  destroy(error: Error | null, callback: () => void): void
  destroy(error?: Error | null | (() => void), callback?: () => void): Promise<void> | void {
    this.#closed = true
    const reason = error instanceof Error ? error : closedError(this.#setup.dependency)
    for (const call of this.#running.keys()) call.abort(reason)
    return settle(this.#ended(), typeof error === 'function' ? error : callback)
  }

  request(): never {
    throw refusal(
      this.#setup.dependency,
      'a request by its own method (undici.request takes it as `dispatcher`)',
    )
  }

  stream(): never {
    throw refusal(
      this.#setup.dependency,
      'a request by its own method (undici.stream takes it as `dispatcher`)',
    )
  }

  pipeline(): never {
    throw refusal(
      this.#setup.dependency,
      'a request by its own method (undici.pipeline takes it as `dispatcher`)',
    )
  }

  connect(): never {
    throw refusal(this.#setup.dependency, 'the method CONNECT')
  }

  upgrade(): never {
    throw refusal(this.#setup.dependency, 'an upgrade to another protocol')
  }

  compose(): never {
    throw refusal(this.#setup.dependency, 'interceptors')
  }

  /** None: it emits nothing. */
  override listeners(): never[] {
    return []
  }

  /** None: it emits nothing. */
  override rawListeners(): never[] {
    return []
  }

  async #run(call: DispatchedCall, request: DispatchRequest): Promise<void> {
    const { dependency, send } = this.#setup
    try {
      if (this.#closed) throw closedError(dependency)
      const sink = new AnswerSink(call)
      await send(readDispatch(request, this.#setup, call.signal), sink)
      if (sink.taken === undefined) throw new TypeError('A call ended well without an answer.')
      await call.end(sink.taken)
    } catch (error) {
      call.fail(error)
    }
  }

  async #ended(): Promise<void> {
    await Promise.allSettled(this.#running.values())
  }
}

function settle(ended: Promise<void>, callback: (() => void) | undefined): Promise<void> | void {
  if (callback === undefined) return ended
  void tell(ended, callback)
}

async function tell(ended: Promise<void>, callback: () => void): Promise<void> {
  await ended
  callback()
}
