def call(String branch) {
    return sh(script: "git checkout ${branch}", returnStatus: true)
}
