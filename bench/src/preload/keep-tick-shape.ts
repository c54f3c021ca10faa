// Loaded before every stack that is put under load. `process.nextTick` builds an object with computed keys; when a major
// collection finds none of these objects alive, V8 forgets their shape and from then on builds each one by three calls
// into its runtime: 37 ns become 260 to 400 ns for the rest of the process's life (Node 24.21), several times a request.
// Whether that happens before a measurement is chance, and was worth 40 % of the instructions of a request. One object
// kept alive takes the chance out, for every stack alike.
import { createHook } from 'node:async_hooks'

const kept: object[] = []
const hook = createHook({
  init(_asyncId, type, _triggerAsyncId, resource) {
    if (type === 'TickObject') kept.push(resource)
  },
})

hook.enable()
process.nextTick(() => {})
hook.disable()
Object.defineProperty(globalThis, Symbol.for('keelson.bench.tick'), { value: kept })
