def call(String branch) {
    sh "git checkout ${branch}"
}
