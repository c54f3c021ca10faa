// A service that fails before it exists: its definition cannot be used.
import { createService } from 'keelson'

await createService({ name: 'Not A Name' })
