export { logger } from '@keelson/log'
export { createService } from './create-service.ts'
export {
  defineService,
  type DependencyDefinition,
  type ResourceDeclaration,
  type ServiceDefinition,
} from './definition.ts'
export { keelsonErrors, type KeelsonErrorCode } from './errors.ts'
export { houseSchema, type HouseSchema } from './house-schema.ts'
export type { AppOptions, RuntimeOptions } from './runtime.ts'
export type { Service, ServiceAddresses, ServiceDependencies, ServiceSchema } from './service.ts'
export type { JobOptions, Worker, WorkerDefinition } from './work.ts'
