class Release implements Serializable {
    Release(String name) {
        sh('git tag ' + name)
    }
}
