export type { AddressAnswer, AddressQuery, ResolvedAddress } from './address-query.ts'
export {
  createResolver,
  resolverDefaults,
  type LookupCallback,
  type Resolver,
  type ResolverOptions,
} from './resolver.ts'
