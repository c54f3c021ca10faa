import { subscribe, type DnsAnswer, type EndpointChanged } from '@keelson/core/channels'
import type { Logger } from './pino-adapter.ts'

/** Names that are remembered as stale at most; a service calls a handful. */
const maxStaleNames = 1_000

/**
 * Writes a line when an address of a dependency is ejected and when it is back, and one when a name is served past its time and
 * when it is answered again.
 *
 * @param service only facts of this service are written
 * @returns ends the subscriptions
 */
export function writeDependencyLines(service: string, logger: Logger): () => void {
  const staleNames = new Set<string>()
  const ends = [
    subscribe('keelson.endpoint.changed', (fact) => {
      if (fact.service === service) endpointLine(logger, fact)
    }),
    subscribe('keelson.dns.answer', (fact) => {
      if (fact.service === service) nameLine(logger, staleNames, fact)
    }),
  ]
  return () => {
    for (const end of ends) end()
  }
}

function endpointLine(logger: Logger, fact: EndpointChanged): void {
  const { dependency, endpoint, change, reason, upCount, ejectedCount } = fact
  const fields = { dependency, endpoint, up_count: upCount, ejected_count: ejectedCount }
  if (change === 'ejected') {
    logger.warn(
      { ...fields, ejection_reason: reason },
      `${endpoint} of ${dependency} gets no calls for a while: ${(reason && reasons[reason]) ?? 'it fails'}`,
    )
  } else if (change === 'restored') logger.info(fields, `${endpoint} of ${dependency} is back`)
}

const reasons: Readonly<Record<NonNullable<EndpointChanged['reason']>, string>> = {
  consecutive: 'it failed several times in a row',
  ratio: 'most of its calls failed',
  probe: 'the call that was to bring it back failed',
}

/** Facts come with every answer; a line is for the first that is stale, and for the first that is not. */
function nameLine(logger: Logger, staleNames: Set<string>, { hostname, from }: DnsAnswer): void {
  if (from === 'stale') {
    if (staleNames.has(hostname) || staleNames.size >= maxStaleNames) return
    staleNames.add(hostname)
    logger.warn({ hostname }, `no name server answers for ${hostname}; the addresses of before are used on`)
  } else if (from !== 'negative' && staleNames.delete(hostname)) {
    logger.info({ hostname }, `${hostname} is answered by a name server again`)
  }
}
