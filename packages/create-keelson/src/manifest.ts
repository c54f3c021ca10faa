import type { Answers } from './answers.ts'
import type { PackedPackage } from './tarball.ts'

/** Tools of a service, beside keelson's own. A test holds them to the versions that this repository itself runs on. */
export const toolVersions = {
  '@types/node': '^24.19.2',
  oxlint: '^1.94.0',
  typescript: '^7.0.2',
  vitest: '^5.1.1',
} as const

/** Packages of keelson that a service names in its package.json. */
export const namedPackages = {
  dependencies: ['keelson'],
  devDependencies: ['@keelson/cli'],
} as const

/** Folder of a service that holds tarballs of keelson until it is published. */
export const vendorFolder = 'vendor'

/**
 * Writes `package.json` of a service.
 *
 * @param version of keelson
 * @param packages tarballs that stand in for the registry; empty where it is used
 */
export function manifestOf(answers: Answers, version: string, packages: readonly PackedPackage[]): object {
  const specOf = (name: string) => {
    const packed = packages.find((one) => one.name === name)
    return packed === undefined ? version : `file:${vendorFolder}/${packed.file}`
  }
  const named: readonly string[] = [...namedPackages.dependencies, ...namedPackages.devDependencies]
  const others = packages.filter(({ name }) => !named.includes(name) && name !== 'create-keelson')
  return {
    name: answers.name,
    version: '0.1.0',
    private: true,
    type: 'module',
    // Type stripping without a flag and the sizing of the heap by percentage: Node 24 has both.
    engines: { node: '>=24' },
    scripts: scriptsOf(answers),
    dependencies: specs(namedPackages.dependencies, specOf),
    devDependencies: { ...specs(namedPackages.devDependencies, specOf), ...toolVersions },
    // Its postinstall only prints a message about versions of protobufjs.
    allowScripts: { protobufjs: false },
    ...(others.length === 0
      ? {}
      : {
          overrides: specs(
            others.map(({ name }) => name),
            specOf,
          ),
        }),
  }
}

function specs(names: readonly string[], specOf: (name: string) => string): Readonly<Record<string, string>> {
  return Object.fromEntries(names.map((name) => [name, specOf(name)]))
}

function scriptsOf({ template, image }: Answers): Readonly<Record<string, string>> {
  const generators = [
    'keelson config docs --format json-schema --out config/schema.json',
    ...(template === 'minimal'
      ? []
      : [
          `keelson k8s render --out k8s --image ${image}`,
          'keelson observability export --out observability',
        ]),
  ]
  return {
    dev: 'keelson dev',
    start: 'keelson-start --import keelson/preload dist/main.js',
    build: 'tsc -p tsconfig.build.json',
    check: [
      'tsc',
      'oxlint --deny-warnings',
      'keelson config check',
      ...generators.map(checked),
      ...(template === 'minimal' ? [] : ['keelson k8s lint --service - --max-warnings 0 k8s/overlays/prod']),
    ].join(' && '),
    test: 'vitest run',
    verify: 'keelson verify -- node dist/main.js',
    generate: generators.join(' && '),
    update: 'keelson update',
  }
}

/** What was generated is committed, and has to be what would be generated now. */
function checked(generator: string): string {
  return `${generator} --check`
}

/** What `keelson.json` of a service holds: from it `keelson update` replays the template that the service was made from. */
export interface Origin {
  readonly version: string
  readonly answers: Answers
}

/** Writes `keelson.json` of a service. */
export function originText(origin: Origin): string {
  return `${JSON.stringify(origin, null, 2)}\n`
}
