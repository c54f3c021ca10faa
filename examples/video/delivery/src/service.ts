import { defineService } from 'keelson'

/** Delivery: one configuration key, and the catalog that it calls. */
export const definition = defineService({
  name: 'delivery',
  config: { greeting: { doc: 'Opens every answer', format: 'string', default: 'Hello', reload: 'hot' } },
  dependencies: { catalog: { target: 'http://127.0.0.1:8082' } },
})
