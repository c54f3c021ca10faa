/** One client of a resource, from its connection to its end, and those who use it. */
export class Lease<Client> {
  readonly client: Client
  readonly connectedAtMs: number
  /** Which wish for another client it was made for; see `KeptClient.reconnect`. */
  readonly generation: number
  /** Checks in a row that have failed. */
  failedChecks = 0
  /** Checks that were begun and have not settled, whoever has given up waiting for them. */
  openChecks = 0
  /** Why it was lost, when that was before it was taken. */
  lostWith: { readonly error: unknown } | undefined
  #userCount = 0
  #idle: PromiseWithResolvers<void> | undefined

  constructor(client: Client, connectedAtMs: number, generation: number) {
    this.client = client
    this.connectedAtMs = connectedAtMs
    this.generation = generation
  }

  /**
   * Runs an operation with the client, which is not closed before it ends.
   *
   * @param signal aborted when nobody waits for the operation any more; it may go on for ever then
   */
  async use<T>(operation: (client: Client) => Promise<T>, signal: AbortSignal): Promise<T> {
    let isOver = false
    const leave = () => {
      if (isOver) return
      isOver = true
      this.#userCount -= 1
      if (this.#userCount === 0) this.#idle?.resolve()
    }
    this.#userCount += 1
    signal.addEventListener('abort', leave, { once: true })
    try {
      return await operation(this.client)
    } finally {
      signal.removeEventListener('abort', leave)
      leave()
    }
  }

  /** Waits until nobody uses it. */
  async idle(): Promise<void> {
    if (this.#userCount === 0) return
    this.#idle ??= Promise.withResolvers()
    await this.#idle.promise
  }
}
