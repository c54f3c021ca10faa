/**
 * What is written of a request and of an answer that somebody logs whole (`request.log.info({ req: request })`), as
 * Fastify's own logger does it; requests of Express and `node:http` have the same fields.
 */
export const requestSerializers: Readonly<Record<'req' | 'res', (value: unknown) => unknown>> = Object.freeze(
  {
    req(value: unknown): unknown {
      const field = readerOf(value)
      return {
        method: field('method'),
        url: field('url'),
        host: field('host'),
        remoteAddress: field('ip'),
        remotePort: readerOf(field('socket'))('remotePort'),
      }
    },
    res: (value: unknown): unknown => ({ statusCode: readerOf(value)('statusCode') }),
  },
)

function readerOf(value: unknown): (name: string) => unknown {
  return (name) => (typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined)
}
