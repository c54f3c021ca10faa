import { defineService } from 'keelson'

/** Catalog: its own configuration keys, and nothing that it calls. */
export const definition = defineService({
  name: 'catalog',
  config: {
    catalog: {
      delay: {
        doc: 'Artificial time that every answer about videos takes',
        format: 'duration',
        default: '0s',
        reload: 'hot',
      },
      failureRatio: {
        doc: 'Share of requests for videos that fail on purpose, 0 to 1',
        format: 'number',
        default: 0,
        reload: 'hot',
      },
    },
  },
})
