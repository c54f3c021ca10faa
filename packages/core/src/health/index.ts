export { createHealth, type Health, type HealthOptions, type ProbeAnswer } from './health.ts'
export {
  healthCheckDefaults,
  type CheckState,
  type HealthCheck,
  type HealthCheckOptions,
  type HealthResult,
} from './health-check.ts'
