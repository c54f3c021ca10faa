import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { KeelsonError } from '@keelson/core/errors'
import type { ServiceTools } from '../../config/service-tools.ts'
import { generatedData } from '../kustomize/config-map-generator.ts'
import { deploymentText } from './deployment-text.ts'
import {
  baseText,
  configEnvText,
  externalSecretComponentText,
  externalSecretText,
  kedaComponentText,
  overlayText,
} from './kustomization-text.ts'
import { networkPolicyText, podMonitorText } from './policy-text.ts'
import { factsOf, identityOf, type ServiceFacts } from './render-facts.ts'
import type { RenderChoices } from './render-options.ts'
import { autoscalerText, disruptionBudgetText, kedaText } from './scaling-text.ts'
import { serviceAccountText, serviceText } from './service-text.ts'

/** One file of the rendering. */
export interface RenderedFile {
  /** Below the folder of the rendering, with forward slashes. */
  readonly path: string
  readonly text: string
  /** Made once, then the user's: never compared, never written again. */
  readonly isUsers?: boolean
}

/** Facts that one base cannot have two of: they are names of ports and paths that every object repeats. */
const same = ['httpPort', 'opsPort', 'probesApart', 'stateDir'] as const

/**
 * Makes all files: base, components that are wanted, overlays.
 *
 * @param cwd folder of the service
 * @param folder where the files will be; what the user has set there counts
 * @throws KeelsonError `KEELSON_CLI_DEFINITION_INVALID`
 */
export async function planRendering(
  tools: ServiceTools,
  { cwd, folder }: { readonly cwd: string; readonly folder: string },
  choices: RenderChoices,
): Promise<readonly RenderedFile[]> {
  const identity = identityOf(tools)
  const facts = await Promise.all(
    choices.overlays.map(({ name, environment }) =>
      factsOf(tools, cwd, environment, variablesOf(join(folder, 'overlays', name))),
    ),
  )
  // The last overlay is where it matters most.
  const base = facts.at(-1)
  if (base === undefined) throw new KeelsonError('KEELSON_CLI_USAGE', 'There is no overlay to render.')
  for (const [index, one] of facts.entries())
    requireSame(one, base, choices.overlays[index]?.environment ?? '')
  const { components } = choices
  return [
    { path: 'base/deployment.yaml', text: deploymentText(identity, base, choices) },
    ...(identity.serves ? [{ path: 'base/service.yaml', text: serviceText(identity) }] : []),
    { path: 'base/serviceaccount.yaml', text: serviceAccountText(identity) },
    { path: 'base/pdb.yaml', text: disruptionBudgetText(identity) },
    { path: 'base/hpa.yaml', text: autoscalerText(identity) },
    { path: 'base/podmonitor.yaml', text: podMonitorText(identity, base) },
    { path: 'base/networkpolicy.yaml', text: networkPolicyText(identity, base) },
    { path: 'base/kustomization.yaml', text: baseText(identity) },
    ...(components.includes('external-secret')
      ? [
          { path: 'components/external-secret/kustomization.yaml', text: externalSecretComponentText() },
          { path: 'components/external-secret/externalsecret.yaml', text: externalSecretText(identity) },
        ]
      : []),
    ...(components.includes('keda')
      ? [
          { path: 'components/keda/kustomization.yaml', text: kedaComponentText(identity) },
          { path: 'components/keda/scaledobject.yaml', text: kedaText(identity) },
        ]
      : []),
    ...choices.overlays.flatMap((overlay, index) => {
      const place = `overlays/${overlay.name}`
      const text = overlayText(overlay, identity, facts[index] ?? base, base, choices)
      return [
        { path: `${place}/kustomization.yaml`, text },
        { path: `${place}/config.env`, text: configEnvText(identity, overlay), isUsers: true },
      ]
    }),
  ]
}

/** What the user has set in an overlay. */
function variablesOf(overlay: string): Readonly<Record<string, string>> {
  return existsSync(join(overlay, 'config.env')) ? generatedData({ envs: ['config.env'] }, overlay) : {}
}

function requireSame(facts: ServiceFacts, base: ServiceFacts, environment: string): void {
  const different = same.find((name) => facts[name] !== base[name])
  if (different === undefined) return
  throw new KeelsonError(
    'KEELSON_CLI_DEFINITION_INVALID',
    `In ${environment} the service has ${String(facts[different])} as ${different}, elsewhere ${String(base[different])}. Ports, the probe thread and the state directory are the same in all environments.`,
  )
}
