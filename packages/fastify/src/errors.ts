/** Every error code of this package: what it means and what to do. Source of docs/reference/errors.md. */
export const fastifyErrors = {
  KEELSON_ADMISSION_RATE_EXCEEDED:
    'One caller sent more requests than `admission.rateLimit.max` within the window, and was answered 429. Send fewer, or raise the limit.',
  KEELSON_ADMISSION_RATE_LIMIT_MISSING:
    'Callers are to be limited, but the package @fastify/rate-limit is not installed. Run `npm install @fastify/rate-limit`.',
  KEELSON_FASTIFY_OPTIONS_INVALID:
    'An option of the Fastify plugin is unknown or of the wrong type. Correct the option that the message names.',
} as const

/** Code of an error thrown by this package. */
export type FastifyErrorCode = keyof typeof fastifyErrors
