export { keelsonAppOptions } from './app-options.ts'
export { type Problem } from './error-reply.ts'
export { fastifyErrors, type FastifyErrorCode } from './errors.ts'
export { inboundOf } from './inbound.ts'
export {
  installKeelson,
  keelsonPlugin,
  type KeelsonPlugin,
  type KeelsonPluginOptions,
  type KeelsonRouteConfig,
} from './plugin.ts'
export {
  installRateLimit,
  rateLimitDefaults,
  type RateLimitModule,
  type RateLimitOptions,
} from './rate-limit.ts'
