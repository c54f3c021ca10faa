import { textOf } from './default-text.ts'
import type { KeyDescription } from './service-tools.ts'

/** A ConfigMap, a Secret and the lines of a container that take them: a beginning to edit, not a thing to apply. */
export function kubernetesManifests(service: string, keys: readonly KeyDescription[]): string {
  const settable = keys.filter(({ sources }) => sources.includes('env'))
  return `apiVersion: v1
kind: ConfigMap
metadata:
  name: ${service}
data:
${section(settable.filter(({ sensitive }) => !sensitive))}
---
apiVersion: v1
kind: Secret
metadata:
  name: ${service}
stringData:
${section(settable.filter(({ sensitive }) => sensitive))}
---
# In the pod: spec.enableServiceLinks: false, so that no Service of the cluster sets a variable; and in its container:
# envFrom:
#   - configMapRef: { name: ${service} }
#   - secretRef: { name: ${service} }
# Or mount both as folders and name these by KEELSON_CONFIG_DIR: then changes arrive without a restart.
`
}

function section(keys: readonly KeyDescription[]): string {
  return keys.flatMap(line).join('\n')
}

function line({
  key,
  environmentNames,
  doc,
  required,
  sensitive,
  ...rest
}: KeyDescription): readonly string[] {
  const [name = key] = environmentNames
  const about = doc === undefined ? [] : [`  # ${doc}`]
  // A default that stands here would stay when the service's own changes.
  return [
    ...about,
    `  ${required ? '' : '# '}${name}: ${JSON.stringify(sensitive ? '' : textOf(rest.default))}`,
  ]
}
