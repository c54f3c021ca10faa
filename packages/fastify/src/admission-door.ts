import { channel } from '@keelson/core/channels'
import type { AccessRecord, InboundRequest } from '@keelson/core/http'
import type { Admission, Refusal, RouteLimit } from '@keelson/resilience/admission'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { sendProblem } from './error-reply.ts'

/** The decision over one request, and what to do with it. */
export interface Door {
  /**
   * Lets a request wait for its turn.
   *
   * @param start called with the time that it waited, in milliseconds, unless it is refused after all or its caller leaves
   */
  queue(
    inbound: InboundRequest,
    route: RouteLimit,
    reply: FastifyReply,
    start: (waitedMs: number) => void,
  ): void
  /** Answers 503 with `retry-after` and `x-shed`; the body of the request is not read. */
  refuse(inbound: InboundRequest, request: FastifyRequest, reply: FastifyReply, refusal: Refusal): void
}

const shed = channel('keelson.admission.shed')
const waited = channel('keelson.admission.waited')

/** Makes the door of one app. */
export function createDoor(service: string, admission: Admission): Door {
  const door: Door = {
    queue(inbound, route, reply, start) {
      admission.queue(inbound, route, {
        isGone: () => reply.raw.destroyed,
        start(waitedMs) {
          if (waited.hasSubscribers) waited.publish({ service, waitMs: waitedMs })
          start(waitedMs)
        },
        refuse: (refusal) => door.refuse(inbound, reply.request, reply, refusal),
      })
    },
    refuse({ criticality = 'default' }, request, reply, { reason, retryAfterSeconds }) {
      if (shed.hasSubscribers) shed.publish({ service, reason, criticality })
      reply.header('retry-after', String(retryAfterSeconds)).header('x-shed', reason)
      sendProblem(reply, 503, request.id, {})
    },
  }
  return door
}

/** Answers beyond this size, in bytes, take as long as their reader. */
const largestSampleBytes = 262_144

/**
 * Whether the duration of a request says how busy the service is: a whole answer of known length. Failures are quick, and
 * streams last as long as their reader wants.
 */
export function isSample({ aborted, statusCode, bytesOut }: AccessRecord): boolean {
  return !aborted && statusCode < 400 && bytesOut > 0 && bytesOut <= largestSampleBytes
}
