/** A value that a source holds for one key. */
export interface SourceEntry {
  /** Dotted key: `db.pool.maxSize`. */
  readonly key: string
  /** The value as text; it is coerced as a text from the environment would be. */
  readonly text: string
  /** Where exactly, for people: `etcd /acme/prod/catalog/db/pool/maxSize@rev 812`. */
  readonly origin: string
}

/** Values of one place of a source, of equal rank. */
export interface SourceLayer {
  readonly entries: readonly SourceEntry[]
  /**
   * What to do with keys that the schema does not have: `ignore` where several services share the place, `warn` where
   * it is this service's own. Never a fault: a rolling deployment writes keys before the new code runs.
   */
  readonly unknownKeys: 'ignore' | 'warn'
}

/** Everything that a source holds at one moment. */
export interface SourceSnapshot {
  /** The source's own mark of that moment, for messages: a revision, a version, a time. */
  readonly revision: string
  /** Low to high: a later layer wins. */
  readonly layers: readonly SourceLayer[]
  /** What people should know: a part that may not be read, for one. */
  readonly warnings?: readonly string[]
  /** The source could not confirm that this is its newest state: it counts as out of reach. */
  readonly stale?: boolean
}

/** What a source tells while it is followed. */
export interface SourceListener {
  /**
   * The source was read and holds this. One atomic change of the source is one call. A reading that found nothing new
   * is told as well: it is what shows that the source is followed.
   */
  changed(snapshot: SourceSnapshot): void
  /** The source came within reach or out of it. */
  reachable(up: boolean): void
}

/** A place of configuration outside the process: etcd, or whatever implements these methods. */
export interface ConfigSource {
  /** Name in messages and series: `etcd`. */
  readonly name: string
  /**
   * Whether the service may start without it: not with `true`; with `'snapshot'` only on values that an earlier start
   * has left in the snapshot file; with `false` on those, or else without any. It takes the source's values once they
   * can be had.
   *
   * @defaultValue true
   */
  readonly required?: boolean | 'snapshot'
  /**
   * Reads everything. Called once at start.
   *
   * @param signal aborted when the start-up budget is spent
   */
  load(signal: AbortSignal): Promise<SourceSnapshot>
  /** Follows the source from then on, whether or not `load` succeeded, until `close`. Reports through the listener; never throws. */
  watch?(listener: SourceListener): void
  /** Ends everything; afterwards nothing of the source keeps the process alive and the listener is not called. */
  close(): Promise<void>
}
