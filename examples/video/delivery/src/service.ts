import { defineService } from 'keelson'

/** Delivery: one configuration key, the catalog that it calls, and a metric of its own. */
export const definition = defineService({
  name: 'delivery',
  config: { greeting: { doc: 'Opens every answer', format: 'string', default: 'Hello', reload: 'hot' } },
  dependencies: { catalog: { target: 'http://127.0.0.1:8082' } },
  metrics: {
    served: {
      type: 'counter',
      name: 'videos_served_total',
      help: 'Videos that were served, by whether the catalog knew them or something stood in.',
      labels: ['from'],
    },
  },
})
