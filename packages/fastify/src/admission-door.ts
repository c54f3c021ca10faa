import type { InboundRequest } from '@keelson/core/http'
import {
  type Admission,
  createAdmissionFacts,
  type Refusal,
  type RouteLimit,
} from '@keelson/resilience/admission'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { sendProblem } from './error-reply.ts'

/** The decision over one request, and what to do with it. */
export interface Door {
  /**
   * Lets a request wait for its turn.
   *
   * @param isFirst whether it is the first of its connection
   * @param start called with the time that it waited, in milliseconds, unless it is refused after all or its caller leaves
   */
  queue(
    inbound: InboundRequest,
    route: RouteLimit,
    reply: FastifyReply,
    isFirst: boolean,
    start: (waitedMs: number) => void,
  ): void
  /** Answers 503 with `retry-after` and `x-shed`; the body of the request is not read. */
  refuse(inbound: InboundRequest, request: FastifyRequest, reply: FastifyReply, refusal: Refusal): void
}

/** Makes the door of one app. */
export function createDoor(service: string, admission: Admission): Door {
  const facts = createAdmissionFacts(service)
  const door: Door = {
    queue(inbound, route, reply, isFirst, start) {
      const applicant = {
        isGone: () => reply.raw.destroyed,
        start(waitedMs: number) {
          facts.started(waitedMs)
          start(waitedMs)
        },
        refuse: (refusal: Refusal) => door.refuse(inbound, reply.request, reply, refusal),
      }
      admission.queue(inbound, route, applicant, isFirst)
    },
    refuse({ criticality }, request, reply, refusal) {
      facts.refused(refusal, criticality)
      reply.header('retry-after', String(refusal.retryAfterSeconds)).header('x-shed', refusal.reason)
      sendProblem(reply, 503, request.id, {})
    },
  }
  return door
}
