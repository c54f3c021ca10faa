export { exitCodeOf, exitCodes } from './exit-codes.ts'
export {
  createLifecycle,
  lifecycleDefaults,
  type Closer,
  type Lifecycle,
  type LifecycleOptions,
  type LifecyclePhase,
  type StopReport,
  type StopRequest,
} from './lifecycle.ts'
export { joinProcess, type ProcessMember } from './signals.ts'
