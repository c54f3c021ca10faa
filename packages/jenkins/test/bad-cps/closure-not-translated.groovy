def call(List names) {
    return names.toSorted { a, b -> rank(a) <=> rank(b) }
}
