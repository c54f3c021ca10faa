import { fileURLToPath } from 'node:url'

/** A way to run the service whose restarts are tried. */
export interface ReplicaStack {
  readonly name: string
  /** Program that Node runs as it is. */
  readonly program: string
  /** Environment that sets how long the stack waits between the signal and the close. */
  readonly waitEnv: (waitMs: number) => Readonly<Record<string, string>>
}

/** keelson and its peers, each set up as its own documentation recommends. */
export const replicaStacks: readonly ReplicaStack[] = [
  {
    name: 'keelson',
    program: program('keelson.ts'),
    waitEnv: (waitMs) => ({ SHUTDOWN_DRAIN_DELAY: `${waitMs}ms` }),
  },
  {
    name: 'fastify + close-with-grace',
    program: program('fastify-close-with-grace.ts'),
    // Its README shows no wait.
    waitEnv: () => ({}),
  },
  {
    name: 'fastify + close-with-grace, waiting first',
    program: program('fastify-close-with-grace.ts'),
    waitEnv: waitBeforeClose,
  },
  {
    name: 'Express + @godaddy/terminus',
    program: program('express-terminus.mjs'),
    waitEnv: waitBeforeClose,
  },
  { name: 'NestJS + @nestjs/terminus', program: program('nest-terminus.ts'), waitEnv: waitBeforeClose },
]

function waitBeforeClose(waitMs: number): Readonly<Record<string, string>> {
  return { WAIT_BEFORE_CLOSE_MS: String(waitMs) }
}

function program(name: string): string {
  return fileURLToPath(new URL(`stacks/${name}`, import.meta.url))
}
