import type { ConfigSchema, ConfigValues, Refine, RefineFault } from '@keelson/config'
import { isKeelsonError } from '@keelson/core/errors'
import type { ServiceDefinition } from './definition.ts'
import { type DependencySettings, withSettings } from './dependency-keys.ts'
import { houseFaults } from './house-faults.ts'
import type { HouseSchema } from './house-schema.ts'
import { configName } from './policy-keys.ts'
import { type ResourceConfiguration, withConfiguration } from './resource-keys.ts'

/** What {@link refineOf} reads of a configuration; the schema has been built along it. */
interface CheckedValues extends ConfigValues<HouseSchema> {
  readonly dependencies: Readonly<Record<string, DependencySettings>>
  readonly resources: Readonly<Record<string, ResourceConfiguration>>
}

/**
 * The check across keys of a service: the chassis's own numbers, the policies of its dependencies and
 * resources, which only the policy's own rules can judge (ranges, numbers that contradict each other), and what its definition brings. So what cannot be
 * used refuses its whole change, at the start and at run time.
 */
export async function refineOf(definition: ServiceDefinition): Promise<Refine<ConfigSchema>> {
  const { dependencies = {}, resources = {} } = definition
  // Its author has said what it reads; the schema of the service is what it is run on.
  const own = definition.refine as Refine<ConfigSchema> | undefined
  const checkDependencies = await dependencyCheck(dependencies)
  const checkResources = await resourceCheck(resources)
  return (values) => {
    // The schema has these keys, those of dependencies and resources for the ones of the definition.
    const checked = values as unknown as CheckedValues
    return [
      ...houseFaults(checked),
      ...checkDependencies(checked.dependencies),
      ...checkResources(checked.resources),
      ...(own?.(values) ?? []),
    ]
  }
}

/** The client is only loaded where there is something to call. */
async function dependencyCheck(
  dependencies: NonNullable<ServiceDefinition['dependencies']>,
): Promise<(settings: CheckedValues['dependencies']) => readonly RefineFault[]> {
  const declarations = Object.entries(dependencies)
  if (declarations.length === 0) return () => []
  const { checkClientPolicy } = await import('@keelson/http-client')
  return (settings) =>
    declarations.flatMap(([name, declared]) => {
      const configured = settings[name]
      if (configured === undefined) return []
      return faultOf(`dependencies.${name}`, () =>
        checkClientPolicy(withSettings(declared, configured), declared.profile),
      )
    })
}

/** The resources' part is only loaded where there is one. */
async function resourceCheck(
  resources: NonNullable<ServiceDefinition['resources']>,
): Promise<(configured: CheckedValues['resources']) => readonly RefineFault[]> {
  const declarations = Object.entries(resources)
  if (declarations.length === 0) return () => []
  const { checkResourceTuning } = await import('@keelson/resilience/resource')
  return (configured) =>
    declarations.flatMap(([name, declared]) => {
      const settings = configured[name]
      if (settings === undefined) return []
      return faultOf(
        `resources.${name}`,
        () => void checkResourceTuning(withConfiguration(declared, settings)),
      )
    })
}

function faultOf(prefix: string, check: () => void): readonly RefineFault[] {
  try {
    check()
    return []
  } catch (error) {
    if (!isKeelsonError(error)) throw error
    return [policyFault(prefix, error.details ?? {}, error.message)]
  }
}

/** Parts of the error's path that are called otherwise in configuration. */
const groupNames: Readonly<Record<string, string>> = {
  createHttpClient: '',
  createPipeline: '',
  resource: '',
  circuitBreaker: 'breaker',
  retryBudget: 'retry.budget',
}

function policyFault(
  prefix: string,
  { path, accepted }: Readonly<Record<string, unknown>>,
  message: string,
): RefineFault {
  if (typeof path !== 'string' || typeof accepted !== 'string') {
    return { key: prefix, problem: `cannot be used: ${message}` }
  }
  const [group = '', name = ''] = path.split('.')
  const key = [prefix, groupNames[group] ?? group, configName(name)].filter((part) => part !== '').join('.')
  const unit = name.endsWith('Ms') ? ' (milliseconds)' : ''
  return {
    key,
    problem: `cannot be used: ${group}.${name} takes ${accepted}${unit}`,
    suggestion: 'Correct it here, or in the policy that the code declares.',
  }
}
