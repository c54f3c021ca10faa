import { createLogger, format, transports, type Logger } from 'winston'
import type { Contender, SurfaceLogger } from './surface-work.ts'
import { identity, route } from './work.ts'

function surfaceOf(logger: Logger): SurfaceLogger {
  return {
    text: (message) => void logger.info(message),
    write: (fields, message) => void logger.info(message, fields),
    error: (error) => void logger.error(error),
  }
}

/** winston as its README has it for JSON: time, stacks of errors, one object a line, on the console. */
export function createContender(): Contender {
  const logger = createLogger({
    defaultMeta: { ...identity, pid: process.pid },
    format: format.combine(format.timestamp(), format.errors({ stack: true, cause: true }), format.json()),
    transports: [new transports.Console()],
  })
  return {
    logger: surfaceOf(logger),
    forRequest: ({ requestId, traceId, spanId }) =>
      surfaceOf(logger.child({ request_id: requestId, trace_id: traceId, span_id: spanId })),
    access: (sample) =>
      void logger.info(`GET ${route} ${sample.statusCode}`, {
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
      }),
  }
}
