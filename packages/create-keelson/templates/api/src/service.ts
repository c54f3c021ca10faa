import { defineService } from 'keelson'

/** What this service is: pure data, which tests and tools import without starting anything. */
export const definition = defineService({
  name: '{{name}}',
  config: {
    greeting: { doc: 'Opens every answer', format: 'string', default: 'Hello', reload: 'hot' },
    names: { maxLength: { doc: 'Longest name that is greeted', format: 'nat', default: 40, reload: 'hot' } },
  },
})
