import type { IncomingMessage, ServerResponse } from 'node:http'
import { type AccessRecord, type InboundRequest, isFirstRequest } from '@keelson/core/http'
import {
  type Admission,
  createAdmissionFacts,
  isDurationSample,
  type Refusal,
  RouteLimit,
} from '@keelson/resilience/admission'

/** Lets requests of a server in, or refuses them. */
export interface AttachDoor {
  /**
   * Decides over a request.
   *
   * @param start called once it may be handled, which is at once where nothing waits; never when it is refused or its caller leaves
   * @returns called with the record of the request when it has ended
   */
  admit(
    inbound: InboundRequest,
    request: IncomingMessage,
    response: ServerResponse,
    start: () => void,
  ): (record: AccessRecord, nowMs: number) => void
}

/**
 * Makes the door of a server whose routes are not known before its requests have ended: what handlers wait for is
 * bounded by `maxConcurrent` alone, since a shortest duration over all routes says nothing of any.
 */
export function createAttachDoor(service: string, admission: Admission): AttachDoor {
  const facts = createAdmissionFacts(service)
  const all = new RouteLimit(() => 0)

  function refuse(inbound: InboundRequest, response: ServerResponse, refusal: Refusal): void {
    facts.refused(refusal, inbound.criticality)
    const title = 'Service Unavailable'
    const body = JSON.stringify({ type: 'about:blank', title, status: 503, requestId: inbound.requestId })
    response.writeHead(503, {
      'content-type': 'application/problem+json',
      'content-length': Buffer.byteLength(body),
      'retry-after': String(refusal.retryAfterSeconds),
      'x-shed': refusal.reason,
    })
    response.end(body)
  }

  return {
    admit(inbound, request, response, start) {
      let startedAtMs: number | undefined
      const begin = (waitedMs: number) => {
        startedAtMs = inbound.startedAtMs + waitedMs
        admission.begin(all)
        start()
      }
      const isFirst = admission.isSaturated && isFirstRequest(request)
      const verdict = admission.admit(inbound, all, isFirst)
      if (verdict === undefined) begin(0)
      else if (verdict !== 'later') refuse(inbound, response, verdict)
      else {
        const applicant = {
          isGone: () => response.destroyed,
          start(waitedMs: number) {
            facts.started(waitedMs)
            begin(waitedMs)
          },
          refuse: (refusal: Refusal) => refuse(inbound, response, refusal),
        }
        admission.queue(inbound, all, applicant, isFirst)
      }
      return (record, nowMs) => {
        if (startedAtMs !== undefined)
          admission.end(all, nowMs, nowMs - startedAtMs, isDurationSample(record))
      }
    },
  }
}
