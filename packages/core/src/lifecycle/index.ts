export type { Drainable, Straggler } from './drainable.ts'
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
export { endProcess, handleProcess, joinProcess, type ProcessMember } from './signals.ts'
export {
  createWorkTracker,
  type Work,
  type WorkRunOptions,
  type WorkTracker,
  type WorkTrackerOptions,
} from './work.ts'
