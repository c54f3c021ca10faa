import { fileURLToPath } from 'node:url'

/** One way to run the small service of this bench, in a process of its own. */
export interface Stack {
  readonly name: StackName
  /** Compiled program, so that no stack pays for types being stripped. */
  readonly program: string
  /** Variables of the environment besides the ports. */
  readonly env?: Readonly<Record<string, string>>
  /** Not measured unless asked for by name. */
  readonly isExtra?: boolean
  /** Folder of packages that must be installed by hand: hundreds, which only this stack needs. */
  readonly packages?: string
  /** Answers 200 once the stack says that it can serve. The baseline has no such route: its own one must do. */
  readonly readinessUrl: (ports: Ports) => string
}

/** Names that `--stacks` takes. */
export type StackName =
  | 'bare-fastify'
  | 'keelson'
  | 'keelson-no-context'
  | 'keelson-bundled'
  | 'keelson-bundled-cached'
  | 'usual-plugins'
  | 'nest'
  | 'watt'

/** Ports that the bench has chosen for a stack. */
export interface Ports {
  readonly port: number
  /** Only keelson has an operations port. */
  readonly opsPort: number
}

/** Every stack is divided by this one. */
export const baselineName: StackName = 'bare-fastify'

/** keelson is divided by this one too: bare Fastify does less, this does about the same. */
const rivalName: StackName = 'usual-plugins'

/** What requests ask for. */
export const requestPath = '/videos/1'

/** Stacks whose packages are not installed with the repository's. */
const peers = fileURLToPath(new URL('../peers', import.meta.url))

export const stacks: readonly Stack[] = [
  {
    name: 'bare-fastify',
    program: compiled('bare-fastify'),
    readinessUrl: ({ port }) => `http://127.0.0.1:${port}${requestPath}`,
  },
  {
    name: 'keelson',
    program: compiled('keelson'),
    readinessUrl: ({ opsPort }) => `http://127.0.0.1:${opsPort}/readiness`,
  },
  {
    name: 'keelson-no-context',
    program: compiled('keelson'),
    env: { REQUEST__CONTEXT: 'false' },
    isExtra: true,
    readinessUrl: ({ opsPort }) => `http://127.0.0.1:${opsPort}/readiness`,
  },
  {
    name: 'keelson-bundled',
    program: compiled('../bundled/keelson'),
    isExtra: true,
    readinessUrl: ({ opsPort }) => `http://127.0.0.1:${opsPort}/readiness`,
  },
  {
    name: 'keelson-bundled-cached',
    program: compiled('../bundled/keelson'),
    env: { NODE_COMPILE_CACHE: fileURLToPath(new URL('../dist/compile-cache', import.meta.url)) },
    isExtra: true,
    readinessUrl: ({ opsPort }) => `http://127.0.0.1:${opsPort}/readiness`,
  },
  {
    name: 'usual-plugins',
    program: compiled('usual-plugins'),
    readinessUrl: ({ port }) => `http://127.0.0.1:${port}/readiness`,
  },
  {
    name: 'nest',
    program: `${peers}/nest/main.mjs`,
    isExtra: true,
    packages: peers,
    readinessUrl: ({ port }) => `http://127.0.0.1:${port}/readiness`,
  },
  {
    name: 'watt',
    program: `${peers}/watt/main.mjs`,
    isExtra: true,
    packages: peers,
    readinessUrl: ({ opsPort }) => `http://127.0.0.1:${opsPort}/ready`,
  },
]

/** What runs when nobody names stacks. */
export const usualStacks: readonly Stack[] = stacks.filter(({ isExtra }) => isExtra !== true)

/** The stacks that others are divided by, as far as they run. */
export function basesOf(running: readonly Stack[]): readonly Stack[] {
  const names: readonly StackName[] = running.length > 2 ? [baselineName, rivalName] : [baselineName]
  return running.filter(({ name }) => names.includes(name))
}

function compiled(name: string): string {
  return fileURLToPath(new URL(`../dist/stacks/${name}.js`, import.meta.url))
}
