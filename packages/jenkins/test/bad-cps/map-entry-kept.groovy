def call(Map images) {
    for (entry in images.entrySet()) {
        sh('docker push ' + entry.value)
    }
}
