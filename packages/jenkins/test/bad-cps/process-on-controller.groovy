def call() {
    return 'git rev-parse HEAD'.execute().text
}
