/** Every error code of this package: what it means and what to do. Source of docs/reference/errors.md. */
export const fastifyErrors = {
  KEELSON_FASTIFY_OPTIONS_INVALID:
    'An option of the Fastify plugin is unknown or of the wrong type. Correct the option that the message names.',
} as const

/** Code of an error thrown by this package. */
export type FastifyErrorCode = keyof typeof fastifyErrors
