import type { Sample, WorkName } from './work.ts'

/** What is used of a logger, whoever's it is. */
export interface SurfaceLogger {
  readonly text: (message: string) => void
  readonly write: (fields: object, message: string) => void
  readonly error: (error: Error) => void
}

/** A contender: a logger, one bound to a request, and the access line as it writes it. */
export interface Contender {
  readonly logger: SurfaceLogger
  readonly forRequest: (sample: Sample) => SurfaceLogger
  readonly access: (sample: Sample) => void
}

/** Makes the functions that do each kind of work once. */
export function worksOf({
  logger,
  forRequest,
  access,
}: Contender): Readonly<Record<WorkName, (sample: Sample) => void>> {
  return {
    access,
    text: () => logger.text('the catalog answered'),
    fields: ({ video, durationMs, remoteIp, statusCode }) =>
      logger.write(
        { video, duration: durationMs, remote_ip: remoteIp, status: statusCode, cached: 'no' },
        'served',
      ),
    nested: ({ video, durationMs, remoteIp, bytesOut }) =>
      logger.write(
        {
          video: { id: video, size: { bytes: bytesOut, exact: true } },
          duration: durationMs,
          tags: ['film', 'silent'],
          viewer: { ip: remoteIp, known: false },
        },
        'served',
      ),
    error: ({ error }) => logger.error(error),
    request: (sample) => {
      const own = forRequest(sample)
      own.write({ video: sample.video }, 'asking')
      own.text('the catalog answered')
      own.write({ video: sample.video, duration: sample.durationMs }, 'served')
    },
  }
}
