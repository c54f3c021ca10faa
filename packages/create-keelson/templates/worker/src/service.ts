import { defineService } from 'keelson'

/** What this service is: pure data, which tests and tools import without starting anything. */
export const definition = defineService({
  name: '{{name}}',
  // It serves no requests: only probes and metrics listen.
  http: false,
  config: {
    queue: {
      pause: {
        doc: 'Wait before the queue is asked again after it was empty',
        format: 'duration',
        default: '1s',
        reload: 'hot',
      },
    },
  },
})
