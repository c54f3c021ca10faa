export {
  createActionResponder,
  invalidInput,
  type ActionAudit,
  type ActionInput,
  type ActionsOptions,
  type OpsAction,
} from './ops-actions.ts'
export { opsPaths, type MetricsPage, type OpsOptions } from './ops-answer.ts'
export { createOpsHandler, type OpsHandler } from './ops-handler.ts'
export { startOpsServer, type OpsServer, type OpsServerOptions } from './ops-server.ts'
export { probeThreadDefaults, startProbeThread, type ProbeThreadOptions } from './probe-thread.ts'
