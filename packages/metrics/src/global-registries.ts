import { createRequire } from 'node:module'
import { type ForeignRegistry, isRegistry } from './foreign-registry.ts'

/** Entry files of the clients that have a registry for the whole process, with the name that people know them by. */
const clientFile =
  /[\\/]node_modules[\\/]((?:@prometheus-io[\\/]client)|(?:@platformatic[\\/])?prom-client)[\\/]index\.js$/

/**
 * Makes a function that looks for Prometheus clients which other code of the process has loaded, and whose process-wide
 * registry is not empty: metrics made there would be shown nowhere. Called in every scrape; it looks anew only when modules
 * were loaded since, or while a registry that it knows is still empty.
 *
 * @param onFound told of every such registry in each look, with the name of its package
 */
export function createGlobalRegistryFinder(
  onFound: (packageName: string, registry: ForeignRegistry) => void,
): () => void {
  // The clients are CommonJS: whoever loads them, by whatever word, leaves them in this one table of the process.
  const { cache } = createRequire(import.meta.url)
  let lookedAtCount = 0
  let clients: readonly (readonly [packageName: string, registry: ForeignRegistry])[] = []
  return () => {
    const files = Object.keys(cache)
    if (files.length !== lookedAtCount) clients = files.flatMap((file) => registryOf(file, cache[file]))
    lookedAtCount = files.length
    for (const [packageName, registry] of clients) {
      if (!isEmpty(registry)) onFound(packageName, registry)
    }
  }
}

function registryOf(
  file: string,
  module: NodeJS.Module | undefined,
): readonly (readonly [packageName: string, registry: ForeignRegistry])[] {
  const packageName = clientFile.exec(file)?.[1]?.replace('\\', '/')
  const loaded: unknown = module?.exports
  if (packageName === undefined || typeof loaded !== 'object' || loaded === null) return []
  const registry: unknown = Reflect.get(loaded, 'register')
  return isRegistry(registry) ? [[packageName, registry]] : []
}

/** A registry that fails when it is asked is left to the scrape, which counts failures. */
function isEmpty(registry: ForeignRegistry): boolean {
  try {
    return registry.getMetricsAsArray().length === 0
  } catch {
    return false
  }
}
