export { currentContext, runWithContext, type Criticality, type RequestContext } from './request-context.ts'
export type { AttemptFacts, AttemptSpan, ContextSpan, SpanIds } from './span.ts'
