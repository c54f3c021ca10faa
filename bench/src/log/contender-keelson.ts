import { createLog, type Logger } from '@keelson/log'
import type { Contender, SurfaceLogger } from './surface-work.ts'
import { identity, route } from './work.ts'

function surfaceOf(logger: Logger): SurfaceLogger {
  return {
    text: (message) => logger.info(message),
    write: (fields, message) => logger.info(fields, message),
    error: (error) => logger.error(error),
  }
}

/** keelson's log with everything that is on by default: GELF, redaction by key, a standard output that never blocks. */
export function createContender(): Contender {
  const log = createLog({ ...identity, maskedValues: ['correct horse battery staple'] })
  const writeAccess = log.accessLine('GET', route)
  return {
    logger: surfaceOf(log.logger),
    forRequest: ({ requestId, traceId, spanId }) => surfaceOf(log.forContext({ requestId, traceId, spanId })),
    access: (sample) =>
      writeAccess({
        requestId: sample.requestId,
        traceId: sample.traceId,
        spanId: sample.spanId,
        method: 'GET',
        route,
        url: sample.url,
        statusCode: sample.statusCode,
        durationMs: sample.durationMs,
        bytesIn: sample.bytesIn,
        bytesOut: sample.bytesOut,
        remoteIp: sample.remoteIp,
        userAgent: sample.userAgent,
        aborted: false,
      }),
  }
}
