/** What the user decides; everything else follows from the service. */
export interface RenderChoices {
  /** Image without its tag. */
  readonly image: string
  readonly tag: string
  readonly memory: string
  readonly cpu: string
  readonly overlays: readonly RenderOverlay[]
  readonly components: readonly RenderComponent[]
}

/** One overlay and the environment whose file in `config/` is in force there. */
export interface RenderOverlay {
  readonly name: string
  readonly environment: string
}

/** What not every cluster has. */
export type RenderComponent = 'external-secret' | 'keda'

/** Names of all components. */
export const renderComponents: readonly RenderComponent[] = ['external-secret', 'keda']

/**
 * Values of what the command line leaves out.
 *
 * - memory: request and limit; V8's heap gets 70 % of it, 361 MiB
 * - cpu: request; there is no limit, because throttling makes slow what it should protect (kubernetes#51135)
 */
export const renderDefaults: {
  readonly out: string
  readonly memory: string
  readonly cpu: string
  readonly overlays: readonly RenderOverlay[]
} = {
  out: 'k8s',
  memory: '512Mi',
  cpu: '100m',
  overlays: [
    { name: 'dev', environment: 'development' },
    { name: 'staging', environment: 'staging' },
    { name: 'prod', environment: 'production' },
  ],
}

/** Fewest and most pods of an overlay: one is enough to try things, three spread over zones. */
export function replicasOf(environment: string): { readonly least: number; readonly most: number } {
  if (environment === 'production') return { least: 3, most: 12 }
  return environment === 'development' ? { least: 1, most: 2 } : { least: 2, most: 6 }
}
