export { fitHeapMegabytes, fitThreadPool, heapWarning } from './heap-fit.ts'
export {
  createLeakDetector,
  leakDetectorDefaults,
  type LeakDetector,
  type LeakDetectorOptions,
  type LeakEstimate,
  type LeakVerdict,
} from './leak-detector.ts'
export { createLeakWatch, type LeakState, type LeakWatch, type LeakWatchOptions } from './leak-watch.ts'
export {
  createMemoryGuard,
  memoryGuardDefaults,
  type MemoryGuard,
  type MemoryGuardOptions,
  type MemoryLook,
  type MemoryRelief,
} from './memory-guard.ts'
export { readMemoryVitals, readOldSpaceUsedBytes, type MemoryVitals } from './memory-vitals.ts'
export { oldSpaceLimitBytes, type OldSpaceFlags } from './old-space-limit.ts'
export {
  createPressureWatch,
  pressureShare,
  usedOfContainer,
  type LimitWarning,
  type PressureSample,
} from './pressure.ts'
export {
  createLimitReader,
  readLimits,
  type ContainerLimits,
  type CpuLimits,
  type LimitSources,
  type MemoryLimits,
} from './read-limits.ts'
export { systemTextReader, type TextReader } from './text-reader.ts'
