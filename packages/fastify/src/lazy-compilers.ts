import type { FastifyInstance, FastifyServerOptions } from 'fastify'

/** What Fastify calls to make the compilers of one part of an app. */
type Builder = (externalSchemas: unknown, options?: unknown) => never

interface Builders {
  readonly buildValidator: Builder
  readonly buildSerializer: Builder
}

/** What Fastify keeps for the schemas of an app, under a symbol of its own. */
interface SchemaController {
  readonly compilersFactory: Builders & { readonly [lazyKey]?: true }
  isCustomValidatorCompiler: boolean
  isCustomSerializerCompiler: boolean
}

const lazyKey = Symbol('keelson.lazy-compilers')

/**
 * Fastify's compilers of schemas, not loaded before the first route has a schema: Ajv and fast-json-stringify are more
 * than a hundred files, and two thirds of the instructions that bare Fastify needs to start. They come from an app of
 * Fastify's usual kind, so that they are the ones that it brings. {@link keepUsualRules} must follow.
 */
export function lazyCompilers(
  makeUsualApp: () => FastifyInstance,
): NonNullable<FastifyServerOptions['schemaController']> {
  let usual: Builders | undefined
  const builders = (): Builders => {
    usual ??= controllerOf(makeUsualApp())?.compilersFactory
    if (usual === undefined) throw new TypeError('This Fastify keeps no compilers under its symbol.')
    return usual
  }
  const lazy: Builders & { readonly [lazyKey]: true } = {
    [lazyKey]: true,
    buildValidator: (schemas, options) => builders().buildValidator(schemas, options),
    buildSerializer: (schemas, options) => builders().buildSerializer(schemas, options),
  }
  return { compilersFactory: lazy }
}

/**
 * Says to an app that its lazy compilers are the usual ones: for those of a user's own, Fastify compares the names of
 * headers in schemas by case.
 */
export function keepUsualRules(app: FastifyInstance): void {
  const controller = controllerOf(app)
  if (controller?.compilersFactory[lazyKey] !== true) return
  controller.isCustomValidatorCompiler = false
  controller.isCustomSerializerCompiler = false
}

function controllerOf(app: object): SchemaController | undefined {
  const key = Object.getOwnPropertySymbols(app).find(
    ({ description }) => description === 'fastify.schemaController',
  )
  // Fastify's own class; test/lazy-compilers.int.test.ts fails when a new version keeps it in another way.
  return key === undefined ? undefined : (Reflect.get(app, key) as SchemaController)
}
