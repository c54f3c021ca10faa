class Release implements Serializable {
    @Override
    String toString() {
        return readFile('VERSION')
    }
}
