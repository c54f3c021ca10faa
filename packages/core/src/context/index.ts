export { currentContext, runWithContext, type Criticality, type RequestContext } from './request-context.ts'
