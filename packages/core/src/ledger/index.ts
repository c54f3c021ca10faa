export {
  createProcessWatch,
  processWatchDefaults,
  type ProcessWatch,
  type ProcessWatchOptions,
} from './process-watch.ts'
export { clearStall, markStall, type StallMark } from './stall-mark.ts'
export { kubernetesTerminationPath } from './termination-message.ts'
