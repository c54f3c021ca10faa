// `node --import keelson/preload main.js`: signals are handled from the first moment, before anything else is loaded.
import { handleProcess } from '@keelson/core/lifecycle'

handleProcess()
