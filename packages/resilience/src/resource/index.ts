export { createResource, type Resource, type ResourceOptions, type ResourceState } from './resource.ts'
export { resourceDefaults, type ConnectContext, type ResourceDefinition } from './resource-definition.ts'
