// Preloaded into a process: writes the URL of every module that it loaded, ES or CommonJS, to the file named by IMPORTS_FILE.
import { writeFileSync } from 'node:fs'
import { registerHooks } from 'node:module'

const urls = new Set()
registerHooks({
  load(url, context, nextLoad) {
    urls.add(url)
    return nextLoad(url, context)
  },
})
process.on('exit', () => writeFileSync(process.env.IMPORTS_FILE, JSON.stringify([...urls])))
