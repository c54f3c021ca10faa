import type { IncomingMessage } from 'node:http'

/** A request or piece of work that was still running at the deadline. */
export interface Straggler {
  readonly requestId: string
  /** Monotonic milliseconds at which it began. */
  readonly startedAtMs: number
  /** Template of the route, or what kind of work it was: `job import`. */
  readonly route?: string | undefined
  /** Present for requests. */
  readonly request?: IncomingMessage
}

/** Whatever must end what it has begun before the process may end: a server, a queue consumer. */
export interface Drainable {
  /** The stop has begun; everything is still served. */
  announce(): void
  /**
   * Takes no new work and waits for the work under way.
   *
   * @param deadlineMs monotonic milliseconds at which what is left is cut
   * @returns what was cut, oldest first; empty when all completed
   */
  close(deadlineMs: number): Promise<readonly Straggler[]>
}
