import { pino, type Logger } from 'pino'
import type { Contender, SurfaceLogger } from './surface-work.ts'
import { identity, route } from './work.ts'

function surfaceOf(logger: Logger): SurfaceLogger {
  return {
    text: (message) => logger.info(message),
    write: (fields, message) => logger.info(fields, message),
    error: (error) => logger.error(error),
  }
}

/** pino as it comes, writing each line at once: plain JSON, nothing redacted. */
export function createContender(): Contender {
  const { host, ...base } = identity
  const logger = pino(
    { base: { ...base, pid: process.pid, hostname: host } },
    pino.destination({ dest: 1, sync: true }),
  )
  return {
    logger: surfaceOf(logger),
    forRequest: ({ requestId, traceId, spanId }) =>
      surfaceOf(logger.child({ request_id: requestId, trace_id: traceId, span_id: spanId })),
    access: (sample) =>
      logger.info(
        {
          method: 'GET',
          route,
          status: sample.statusCode,
          url: sample.url,
          remote_ip: sample.remoteIp,
          user_agent: sample.userAgent,
          request_id: sample.requestId,
          trace_id: sample.traceId,
          span_id: sample.spanId,
          duration_ms: sample.durationMs,
          bytes_in: sample.bytesIn,
          bytes_out: sample.bytesOut,
        },
        `GET ${route} ${sample.statusCode}`,
      ),
  }
}
