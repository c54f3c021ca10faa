import type { Answers } from './answers.ts'

/** Tag of the images: the LTS line that the template is tested on. */
const NODE = '24'

interface Images {
  /** Has npm. */
  readonly build: string
  readonly runtime: string
  /** How Node is started in the runtime image. */
  readonly node: string
}

const images: Readonly<Record<Answers['base'], Images>> = {
  alpine: { build: `node:${NODE}-alpine`, runtime: `node:${NODE}-alpine`, node: 'node' },
  slim: { build: `node:${NODE}-slim`, runtime: `node:${NODE}-slim`, node: 'node' },
  // No shell and no package manager in it; Node stands outside of PATH.
  distroless: {
    build: `node:${NODE}-slim`,
    runtime: `gcr.io/distroless/nodejs${NODE}-debian12:nonroot`,
    node: '/nodejs/bin/node',
  },
}

/** Values of all placeholders that templates may use. */
export function placeholdersOf(answers: Answers, version: string): Readonly<Record<string, string>> {
  const { build, runtime, node } = images[answers.base]
  const isVendored = answers.packages === 'vendor'
  return {
    name: answers.name,
    version,
    image: answers.image,
    buildImage: build,
    runtimeImage: runtime,
    node,
    copyVendor: isVendored ? '\nCOPY vendor ./vendor' : '',
    ports: answers.template === 'worker' ? '' : '\n      - 127.0.0.1:8080:8080',
    packagesNote: isVendored ? vendorNote : '',
    try: tries[answers.template],
    sigterm: answers.template === 'worker' ? workerStop : serverStop,
    pipeline: pipelineText[answers.ci],
    cluster: answers.template === 'minimal' ? '' : clusterNote,
  }
}

const vendorNote = `
## Until keelson is published

keelson is not on a public registry yet. Its packages lie in \`vendor/\` as tarballs, and \`package.json\` names them there: commit the
folder, and everything installs and builds as it will later. Once it is published, delete \`vendor/\` and \`overrides\` in
\`package.json\`, and write the version in place of each \`file:vendor/…\`.
`

const clusterNote = `
\`docker compose up --build\` runs the service with etcd, Prometheus and Grafana (http://localhost:3000), within the limits that it has in
the cluster. Manifests (\`k8s/\`: a base and an overlay for each environment), board, alert rules with their tests and runbooks
(\`observability/\`) follow from the definition of the service: \`npm run generate\` writes them, \`npm run check\` holds them to it.

\`\`\`sh
kubectl apply -k k8s/overlays/dev
npx keelson k8s lint --max-warnings 0 k8s/overlays/prod
\`\`\`
`

const tries: Readonly<Record<Answers['template'], string>> = {
  api: 'curl -i http://localhost:8080/greetings/Ada       # note the x-request-id, and find it in the log',
  minimal:
    'curl -i http://localhost:8080/hello/Ada           # note the x-request-id, and find it in the log',
  worker: 'curl -s http://localhost:8081/metrics | grep keelson_work     # what it has worked on',
}

const serverStop = `1. Readiness turns 503 at once, so that balancers look elsewhere. Liveness stays 200.
2. For the drain delay (5 s in Kubernetes, else none) everything is served as before, with \`connection: close\`.
3. The port closes; requests under way are finished. What \`service.onClose\` registered is given back, in reverse order.
4. Exit code 0. Whatever is left after the grace period (25 s, the drain delay included) is cut, named in the log, and the code is 70.`

const workerStop = `1. Readiness turns 503 at once; liveness stays 200. The consumer is told to take no more messages.
2. Messages under way are finished. What \`service.onClose\` registered is given back, in reverse order.
3. Exit code 0. Whatever is left after the grace period (25 s) is cut, named in the log, and the code is 70.`

const pipelineText: Readonly<Record<Answers['ci'], string>> = {
  jenkins: '`Jenkinsfile` runs the whole pipeline through the shared library of keelson.',
  github: '`.github/workflows/ci.yaml` checks, tests, builds and verifies every push.',
  both: '`Jenkinsfile` and `.github/workflows/ci.yaml` check, test, build and verify every push.',
  none: 'No pipeline was asked for. What one would run: `npm ci`, `npm run check`, `npm test`, `npm run build`, `npm run verify`.',
}
