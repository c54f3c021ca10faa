export { createResource, type Resource, type ResourceOptions, type ResourceState } from './resource.ts'
export {
  type ConnectContext,
  type ResourceDefinition,
  type ResourceFunctions,
} from './resource-definition.ts'
export {
  checkResourceTuning,
  resourceDefaults,
  type ResourceSettings,
  type ResourceTuning,
} from './resource-tuning.ts'
