import type { ServiceIdentity } from './render-facts.ts'

/** Text of `service.yaml`: the address that is balanced, and the one that gives every pod. */
export function serviceText({ name }: ServiceIdentity): string {
  return `apiVersion: v1
kind: Service
metadata:
  name: ${name}
  labels: { app.kubernetes.io/name: ${name} }
spec:
  selector: { app.kubernetes.io/name: ${name} }
  ports:
    - { name: http, port: 80, targetPort: http, appProtocol: http }
---
# Every pod by its own address, for callers that balance by themselves.
apiVersion: v1
kind: Service
metadata:
  name: ${name}-headless
  labels: { app.kubernetes.io/name: ${name} }
spec:
  clusterIP: None
  selector: { app.kubernetes.io/name: ${name} }
  ports:
    - { name: http, port: 80, targetPort: http, appProtocol: http }
`
}

/** Text of `serviceaccount.yaml`. */
export function serviceAccountText({ name }: ServiceIdentity): string {
  return `# Its own, so that rights given to it are given to nobody else; without a token, because it needs none.
apiVersion: v1
kind: ServiceAccount
metadata:
  name: ${name}
  labels: { app.kubernetes.io/name: ${name} }
automountServiceAccountToken: false
`
}
