import { fitHeapMegabytes, fitThreadPool, type ContainerLimits } from '@keelson/core/limits'

/** How Node is to be started. */
export interface LaunchPlan {
  /** Everything after the name of the program. */
  readonly args: readonly string[]
  readonly env: NodeJS.ProcessEnv
}

/** What the launcher was started with. */
export interface LaunchRequest {
  /** Options of Node that the launcher itself was started with. */
  readonly execArgv: readonly string[]
  /** Options of Node, the program and its arguments. */
  readonly argv: readonly string[]
  readonly env: NodeJS.ProcessEnv
  readonly limits: ContainerLimits
}

// Both spellings of V8 and Node; each of them says how large the heap may grow.
const heapOption = /(?:^|\s)--max[-_](?:old[-_]space[-_]size(?:[-_]percentage)?|heap[-_]size)(?:=|\s|$)/

/**
 * Fits the heap and the thread pool of libuv to the container. A size that the user has set, by an option or in
 * `NODE_OPTIONS` or `UV_THREADPOOL_SIZE`, is kept; so is Node's own choice where the container has no limit.
 */
export function planLaunch({ execArgv, argv, env, limits }: LaunchRequest): LaunchPlan {
  const { limitBytes } = limits.memory
  const { limitCores } = limits.cpu
  const heapIsSet = [...execArgv, ...argv, env['NODE_OPTIONS'] ?? ''].some((text) => heapOption.test(text))
  // Megabytes, not the percentage that newer versions take: every supported version understands them.
  const heap =
    limitBytes === undefined || heapIsSet ? [] : [`--max-old-space-size=${fitHeapMegabytes(limitBytes)}`]
  const threads =
    limitCores === undefined || env['UV_THREADPOOL_SIZE']
      ? {}
      : { UV_THREADPOOL_SIZE: String(fitThreadPool(limitCores)) }
  return { args: [...heap, ...execArgv, ...argv], env: { ...env, ...threads } }
}
