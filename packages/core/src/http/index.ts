export { accessRecord, type AccessRecord } from './access.ts'
export {
  createServerDrain,
  serverDrainDefaults,
  type ClosingHook,
  type DrainableServer,
  type ServerDrain,
  type ServerDrainOptions,
} from './drain.ts'
export { isFirstRequest } from './first-request.ts'
export { listen, listenError, type ListenAddress } from './listen.ts'
export {
  createRequestOpener,
  inboundDefaults,
  InboundRequest,
  type InboundOptions,
  type RequestOpener,
} from './request-context.ts'
export { requestIdOf, requestIdPattern, type RequestIdRejection } from './request-id.ts'
export type { RequestSpan, RequestTracer } from './request-tracer.ts'
export { parseTraceparent, type TraceParent } from './traceparent.ts'
export { createNetworkTest, type NetworkTest } from './trusted-networks.ts'
