import { channel } from '@keelson/core/channels'
import { checkOptions, KeelsonError, optionRules } from '@keelson/core/errors'
import { createNetworkTest, inboundDefaults } from '@keelson/core/http'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { inboundOf } from './inbound.ts'

/** How much each caller may send. */
export interface RateLimitOptions {
  /** Name of the service, for the facts that are published. */
  readonly service: string
  /**
   * Requests of one caller in a window; what is more gets 429.
   *
   * @range whole number, 1 to 1,000,000,000
   */
  readonly maxRequests: number
  /**
   * Length of a window, in milliseconds.
   *
   * @range 100 to 86,400,000
   * @defaultValue 60,000 — the plugin's own
   */
  readonly windowMs?: number
  /**
   * Networks whose `x-client` is believed.
   *
   * @defaultValue `['loopback', 'private']`
   */
  readonly trusted?: readonly string[]
}

/** Defaults of {@link RateLimitOptions}. */
export const rateLimitDefaults: { readonly windowMs: number } = Object.freeze({ windowMs: 60_000 })

/** What is taken for the name of a calling service: as `x-client` is sent by `@keelson/http-client`. */
const clientPattern = /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/

const shed = channel('keelson.admission.shed')

/**
 * Bounds what each caller may send, by `@fastify/rate-limit`, which must be installed beside: a caller is the service that
 * `x-client` names, from trusted networks, else an address. What is more gets 429 as a problem document with
 * `retry-after`. Each replica counts for itself. Routes that are exempt from admission are exempt from this.
 *
 * Call it after `installKeelson` and before routes are added, and wait for it.
 *
 * @param load for tests
 * @throws KEELSON_ADMISSION_OPTIONS_INVALID; KEELSON_ADMISSION_RATE_LIMIT_MISSING without the package
 */
export async function installRateLimit(
  app: FastifyInstance,
  options: RateLimitOptions,
  load: () => Promise<RateLimitModule> = () => import('@fastify/rate-limit'),
): Promise<void> {
  checkOptions('KEELSON_ADMISSION_OPTIONS_INVALID', 'rateLimit', options, {
    service: optionRules.string,
    maxRequests: optionRules.number({ min: 1, max: 1_000_000_000, integer: true }),
    windowMs: optionRules.number({ min: 100, max: 86_400_000, integer: true }),
    trusted: optionRules.array,
  })
  const { service, maxRequests, windowMs = rateLimitDefaults.windowMs } = options
  const isTrusted = createNetworkTest(options.trusted ?? inboundDefaults.trusted)
  const { default: plugin } = await loaded(load)
  const settings: object = {
    max: maxRequests,
    timeWindow: windowMs,
    hook: 'onRequest',
    keyGenerator: (request: FastifyRequest) => callerOf(request, isTrusted(request.raw.socket.remoteAddress)),
    allowList: (request: FastifyRequest) => request.routeOptions.config.keelson?.exempt === true,
    onExceeded(request: FastifyRequest) {
      if (!shed.hasSubscribers) return
      shed.publish({ service, reason: 'rate', criticality: inboundOf(request)?.criticality ?? 'default' })
    },
    errorResponseBuilder: () =>
      new KeelsonError(
        'KEELSON_ADMISSION_RATE_EXCEEDED',
        `More than ${maxRequests} requests came from this caller within ${windowMs} ms. Send fewer, or wait.`,
        { statusCode: 429, retryable: true, details: { maxRequests, windowMs } },
      ),
  }
  await app.register(plugin, settings)
}

/** What is used of the package. */
export interface RateLimitModule {
  readonly default: (app: FastifyInstance, options: object, done: (error?: Error) => void) => void
}

/** The two kinds have names of their own: no service can pass for an address. */
function callerOf(request: FastifyRequest, isTrusted: boolean): string {
  const client = request.headers['x-client']
  if (isTrusted && typeof client === 'string' && clientPattern.test(client)) return `client ${client}`
  return `address ${inboundOf(request)?.remoteIp ?? request.ip}`
}

async function loaded(load: () => Promise<RateLimitModule>): Promise<RateLimitModule> {
  try {
    return await load()
  } catch (cause) {
    throw new KeelsonError(
      'KEELSON_ADMISSION_RATE_LIMIT_MISSING',
      'Callers are to be limited, but @fastify/rate-limit cannot be loaded. Run: npm install @fastify/rate-limit',
      { cause },
    )
  }
}
